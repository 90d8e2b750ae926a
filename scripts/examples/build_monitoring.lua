#!/usr/bin/env agentscript
--[[ build_monitoring.lua: start a build in the background and keep an eye on it.

  agentscript build_monitoring.lua [FOLDER COMMAND...]
  agentscript build_monitoring.lua . swift build

Documented pattern 2, "Build Monitoring": the script launches the build, goes on with its own things, looks at the output
file now and then, and shows what is new in it. What the build prints is only shown; whether it has ended, and how, comes
from its record. Without arguments the script makes a small project of its own, whose build takes a second.
]]
local fs = require "fs"
local time = require "time"

local folder, command, interval = arg[1], table.pack(table.unpack(arg, 2)), "2s"
command.n = nil
local scratch
if not folder then
  scratch = assert(fs.tmpdir { prefix = "build-" })
  folder, command, interval = scratch, { "sh", "build.sh" }, "100ms"
  for _, page in ipairs { "index", "about", "contact" } do
    assert(fs.write(folder .. "/pages/" .. page .. ".txt", "The page " .. page .. "\n", { parents = true }))
  end
  assert(fs.write(folder .. "/build.sh", [[
mkdir -p dist
done=0
for page in pages/*.txt; do
  name=$(basename "$page" .txt)
  sed 's/.*/<p>&<\/p>/' "$page" > "dist/$name.html" || { echo "error: $name"; exit 1; }
  done=$((done + 1))
  echo "[PROGRESS] $((done * 100 / 3))% built $name"
  sleep 0.2
done
echo "Build complete"
]]))
end
if #command == 0 then
  io.stderr:write("usage: build_monitoring.lua [FOLDER COMMAND...]\n")
  os.exit(2)
end

-- Launch build in background
local build = task {
  description = "Production build",
  command = command, -- prompt = "Run npm run build and report any errors..."
  subagent_type = "Bash",
  cwd = folder,
  timeout = "30m",
  run_in_background = true,
}
print("building in " .. folder .. ", output in " .. build.output_file)

-- Periodically check status
local build_complete, seen = false, 0
while not build_complete do
  sleep(interval)
  build_complete = build.status == "completed" or build.status == "failed" or build.status == "timed_out"
  local status
  status, seen = read_output(build.output_file, { since = seen })

  for line in (status or ""):gmatch "[^\n]+" do
    if line:find "^%[PROGRESS%]" or line:lower():find "error" or line:find "Build complete" then print("  " .. line) end
  end
end

local result = wait(build)
print(("%s after %s"):format(result.success and "built" or "not built: " .. result.error,
  time.format_duration(result.duration_ms)))
if scratch then
  local pages = assert(fs.glob("dist/*.html", { base = scratch }))
  print(#pages .. " pages")
  assert(fs.remove(scratch, { recursive = true }))
end
return { success = result.success, error = result.error }
