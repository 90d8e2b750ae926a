-- Runs an example with models against servers of this machine: llama.cpp with a small real model, or fakellm, which plays a
-- conversation with tools (the small model calls none). With a real key they are the same scripts.
local fs = require "fs"
local path = require "path"

local program, repository = arg[-1], path.join(path.dirname(arg[0]), "../../..")
if not path.is_absolute(program) then program = assert(require "shell".which(program)) end

--- A server as a job of its own, which ends with this script, and its base URL.
local function start(...)
  local job = spawn { command = { path.join(repository, "scripts/peers"), "start", ... }, name = (...) }
  while true do
    local url = (read_output(job) or ""):match "\n(http://127%.0%.0%.1:%d+/v1)\n"
    if url then return url, job end
    local state = status(job)
    assert(state == "queued" or state == "running", "the server " .. (...) .. " did not start: " .. (read_output(job) or ""))
    sleep(50)
  end
end

--- What an example prints, with nothing in its environment but this.
local function run(name, environment, ...)
  local home = assert(fs.tmpdir { prefix = "home-" })
  local command = { "env", "-i", "PATH=" .. os.getenv "PATH", "HOME=" .. home, "NO_COLOR=1",
    "AGENTSCRIPT_HOME=" .. path.join(home, ".agentscript"), "AGENTSCRIPT_LOCAL_MODELS=0" }
  for key, value in pairs(environment) do command[#command + 1] = key .. "=" .. value end
  local example = path.join(repository, "scripts/examples/models", name)
  for _, word in ipairs { program, "run", "--quiet", example, ... } do command[#command + 1] = word end
  local r = task { command = command, name = name, cwd = home, timeout = "9m" }
  assert(fs.remove(home, { recursive = true }))
  return r
end

local function says(r, ...)
  assert(r.success, r.output .. tostring(r.error))
  for _, text in ipairs { ... } do assert(r.output:find(text, 1, true), ("%q is missing: %s"):format(text, r.output)) end
end

local parts = {}

--- Agents with tools, on Anthropic's wire.
function parts.explore()
  local url, server = start("fakellm", "--config", path.join(path.dirname(arg[0]), "fakellm.yaml"))
  local r = run("explore.lua", { ANTHROPIC_API_KEY = "sk-test", ANTHROPIC_BASE_URL = url }, repository)
  says(r, "── Layout: completed, anthropic/claude-haiku", "its targets lie in Sources", "make test runs all tests", "begins at @main")
  server:cancel()
end

--- A real model: it keeps to the form that a schema gives, whatever it thinks.
function parts.review()
  local url, server = start("llama", "n_ctx=12288", "n_parallel=3", "n_predict=240")
  local r = run("code_review.lua", { OPENAI_API_KEY = "sk-test", OPENAI_BASE_URL = url })
  says(r, "openai/smollm2")
  for _, reviewer in ipairs { "correctness", "security", "readability" } do
    assert(r.output:find(reviewer .. " +approve ") or r.output:find(reviewer .. " +request_changes "), r.output)
  end
  server:cancel()
end

--- The provider of choice cannot be reached, and another one answers.
function parts.research()
  local url, server = start("llama", "n_ctx=12288", "n_parallel=3", "n_predict=160")
  local r = run("research.lua", {
    OPENAI_API_KEY = "sk-test", OPENAI_BASE_URL = url, ANTHROPIC_API_KEY = "sk-test", ANTHROPIC_BASE_URL = "http://127.0.0.1:1",
  }, "What is a cache?")
  says(r, "3 of 3 parts answered, by openai/smollm2")
  server:cancel()
end

--- No model at all: the script goes on with what it has, and says what is missing.
parts["research without a model"] = function()
  local r = run("research.lua", {})
  assert(r.exit_code == 1 and r.output:find("Nobody has split the question", 1, true), r.output)
  assert(r.output:find("ANTHROPIC_API_KEY", 1, true) and r.output:find("0 of 3 parts answered, by nobody", 1, true), r.output)
end

parts[arg[1]]()
