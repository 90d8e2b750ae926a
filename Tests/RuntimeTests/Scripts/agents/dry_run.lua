-- options: --dry-run
-- expect-stdout: (mock answer to: think)
-- expect-stdout: dry run, not executed: touch made
-- Nothing is executed and nothing is sent.
print(task({ prompt = "think" }).output)
print(task({ command = "touch made" }).output)
assert(not io.open("made"))
