"""The child process of `provenance.store.patterns`: run as a file, it imports nothing of ours.

Standard input is the JSON of [pattern, [text, ...]]; standard output is the JSON of the places of the texts that match.
"""

import json
import re
import sys

if __name__ == "__main__":
    pattern, texts = json.load(sys.stdin.buffer)
    search = re.compile(pattern).search
    json.dump([place for place, text in enumerate(texts) if search(text)], sys.stdout)
