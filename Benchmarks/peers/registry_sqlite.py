# The same promises, one job after the other: three files made durable, and a committed row for each step.
import os, sqlite3, sys

count = int(sys.argv[2])
folder = sys.argv[1]
os.makedirs(os.path.join(folder, "jobs"))
db = sqlite3.connect(os.path.join(folder, "registry.db"), isolation_level=None)
db.execute("PRAGMA journal_mode = WAL")
db.execute("PRAGMA synchronous = FULL")
db.execute("CREATE TABLE jobs (id TEXT PRIMARY KEY, status TEXT, started REAL, ended REAL, code INTEGER)")
parent = os.open(os.path.join(folder, "jobs"), os.O_RDONLY)
for number in range(count):
    db.execute("INSERT INTO jobs VALUES (?, 'queued', NULL, NULL, NULL)", (str(number),))
    db.execute("UPDATE jobs SET status = 'running', started = 1 WHERE id = ?", (str(number),))
    for ending in ("log", "json", "md"):
        path = os.path.join(folder, "jobs", f"{number}.{ending}")
        with open(path + ".tmp", "wb") as file:
            file.write(b"line of job %d\n" % number)
            file.flush()
            os.fdatasync(file.fileno())
        os.rename(path + ".tmp", path)
    os.fsync(parent)
    db.execute("UPDATE jobs SET status = 'completed', ended = 2, code = 0 WHERE id = ?", (str(number),))
