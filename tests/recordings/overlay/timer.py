"""What cron does: every two seconds, a shell for each file in the folder of jobs."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

if __name__ == "__main__":
    while True:
        running = [subprocess.Popen(["/bin/bash", str(job)]) for job in sorted(Path("/opt/shop/jobs").iterdir())]
        for job in running:
            job.wait()
        time.sleep(2)
