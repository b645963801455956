"""What cron does: every two seconds, runs each file in the folder of jobs."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

if __name__ == "__main__":
    while True:
        running = [subprocess.Popen([str(job)]) for job in sorted(Path("/srv/shop/jobs").iterdir())]
        for job in running:
            job.wait()
        time.sleep(2)
