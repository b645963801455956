-- The hunt beacons.cypher for the embedded store; the views are in provenance/store/sqlite/hunts.py.
WITH moments AS (
    SELECT DISTINCT process.host, process.exe, peer.key, peer.ip, peer.port, run.time AS ms
    FROM endpoints AS peer
    CROSS JOIN runs AS run ON run.target = peer.key AND run.kind = 'CONNECTED'
    CROSS JOIN processes AS process ON process.key = run.source
    WHERE peer.ip IS NOT NULL
), gaps AS (
    SELECT host, exe, key, ip, port, (ms - lag(ms) OVER (PARTITION BY host, exe, key ORDER BY ms)) / 1000.0 AS gap
    FROM moments
), summed AS (
    SELECT host, exe, key, ip, port, count(*) AS times, avg(gap) AS seconds
    FROM gaps GROUP BY host, exe, key
), spread AS (
    SELECT summed.host, summed.exe, summed.ip, summed.port, summed.times, summed.seconds,
           sqrt(sum((gap - seconds) * (gap - seconds)) / (times - 2)) AS deviation
    FROM summed JOIN gaps ON gaps.host = summed.host AND gaps.exe IS summed.exe AND gaps.key = summed.key
    WHERE times >= max(:times, 3) AND gap IS NOT NULL
    GROUP BY summed.host, summed.exe, summed.key
)
SELECT host, exe, ip, port, times, seconds, deviation FROM spread WHERE seconds > 1 AND deviation < seconds / 5
