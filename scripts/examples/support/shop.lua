--[[ The project of the examples: a small shop, and four scripts that stand in for agents.

  local shop = dofile(path.join(path.dirname(arg[0]), "support/shop.lua"))
  local project <close> = shop.make { "login", "profile" }
  task(project:agent("backend", "Implement login API per spec", "login"))

A feature's spec is product/FEATURE.txt, with a line "says: ...". The agents are commands, so that the examples need no model:
backend writes api/FEATURE.sh (the variable SAYS tells it more than the spec does), frontend web/FEATURE.html, tester tries
both and writes tests/FEATURE.txt, reviewer looks at all that there is. Each takes a fifth of a second, and fails honestly.

shop.make(features [, folder]) makes the project in a folder of its own, which is removed at the end of the block; or takes
the one in `folder`, with its own specs, and leaves it there.
]]
local fs = require "fs"
local path = require "path"
local shop = {}

local agents = {
  backend = [[
says=${SAYS:-$(sed -n 's/^says: //p' "product/$1.txt")}
[ -n "$says" ] || { echo "product/$1.txt does not tell what the API says"; exit 1; }
echo "[PROGRESS] 50% read product/$1.txt"
sleep 0.2
mkdir -p api
printf 'read -r name\necho "%s, $name"\n' "$says" > "api/$1.sh"
echo "[PROGRESS] 100% done"
echo "wrote api/$1.sh"]],
  frontend = [[
echo "[PROGRESS] 30% laying out $1"
sleep 0.2
mkdir -p web
echo "<h1>$1</h1><form action=\"/api/$1\"><input name=\"name\"></form>" > "web/$1.html"
echo "[PROGRESS] 100% done"
echo "wrote web/$1.html"]],
  tester = [[
sleep 0.2
says=$(sed -n 's/^says: //p' "product/$1.txt")
reply=$(echo Ada | sh "api/$1.sh")
[ "$reply" = "$says, Ada" ] || { echo "the API of $1 says '$reply'"; exit 1; }
grep -q "action=\"/api/$1\"" "web/$1.html" || { echo "the page of $1 does not ask its API"; exit 1; }
mkdir -p tests
echo "Ada -> $reply" > "tests/$1.txt"
echo "2 tests passed"]],
  reviewer = [[
sleep 0.2
count=0
for api in api/*.sh; do
  feature=$(basename "$api" .sh)
  sh -n "$api" && [ -s "web/$feature.html" ] && [ -s "tests/$feature.txt" ] || { echo "$feature is not finished"; exit 1; }
  count=$((count + 1))
done
echo "$count reviewed, nothing to complain of"]],
}

local Project = {}
Project.__index = Project

function shop.make(features, folder)
  local project = setmetatable({ features = features, folder = folder, is_ours = folder == nil }, Project)
  if project.is_ours then
    project.folder = assert(fs.tmpdir { prefix = "shop-" })
    for _, feature in ipairs(features) do
      project:write("product/" .. feature .. ".txt", "says: Welcome to " .. feature)
    end
  end
  for name, text in pairs(agents) do project:write("agents/" .. name .. ".sh", "set -eu\n" .. text) end
  return project
end

-- Writes a file of the project.
function Project:write(name, text)
  assert(fs.write(path.join(self.folder, name), text .. "\n", { parents = true }))
end

-- The spec of a task: what an agent is to do, and for which feature. With a model agent: prompt instead of command.
function Project:agent(name, description, feature)
  return {
    agent = name,
    description = description,
    command = { "sh", "agents/" .. name .. ".sh", feature },
    cwd = self.folder,
    timeout = "1m",
  }
end

Project.__close = function(self)
  if self.is_ours then assert(fs.remove(self.folder, { recursive = true })) end
end

return shop
