#!/usr/bin/env agentscript
--[[ research.lua: a question is split, its parts are looked into side by side, and the answers are put together.

  agentscript research.lua ["QUESTION"]

Every step has something to fall back on. If nobody splits the question, a fixed set of parts is used. A model that fails is
followed by another (`fallback_models`: here any of the tier "fast", which also stands in for a provider that cannot be
reached), then the part is asked again in a shorter form (`simplify`). What fails even so is named in the answer and costs
nothing else: the group keeps every other result. If nobody puts the notes together, the notes themselves are the answer.
]]
local question = arg[1] or "How should a command line program store the state of its background jobs?"

local plan = task {
  description = "Split the question",
  agent = "General",
  tools = {},
  system = "You plan research. Answer as JSON.",
  prompt = "Split this question into three smaller ones that can be looked into one by one: " .. question,
  schema = {
    type = "object",
    additionalProperties = false,
    required = { "questions" },
    properties = {
      questions = { type = "array", minItems = 3, maxItems = 3, items = { type = "string", minLength = 10, maxLength = 90 } },
    },
  },
  fallback_models = { "fast" },
  timeout = "5m",
}
local parts = plan.success and plan.data.questions
if not parts then
  print("Nobody has split the question (" .. plan.error .. "); a fixed set of parts is used")
  parts = { "What are the usual ways? " .. question, "What goes wrong in practice? " .. question, "What would an expert choose? " .. question }
end

local specs = {}
for i, part in ipairs(parts) do
  print(("%d. %s"):format(i, part))
  specs[i] = {
    id = "part-" .. i,
    description = part,
    agent = "General",
    tools = {},
    system = "You answer from what you know, in at most four sentences, and say what you are not sure of.",
    prompt = part,
    retries = 1,
    simplify = function() return "In one sentence: " .. part end,
    fallback_models = { "fast" },
    timeout = "5m",
  }
end
local notes = task_group(specs, { on_error = "keep" })

local lines = {}
for i, note in ipairs(notes) do
  lines[i] = note.success and ("- %s\n  %s"):format(parts[i], note.output) or ("- %s\n  (nobody has answered: %s)"):format(parts[i], note.error)
end
local text = table.concat(lines, "\n")
local answer = task {
  description = "Put the notes together",
  agent = "General",
  tools = {},
  system = "You write short answers from notes, and add nothing to them.",
  prompt = "Answer the question from these notes, in at most six sentences.\nQuestion: " .. question .. "\nNotes:\n" .. text,
  fallback_models = { "fast" },
  timeout = "5m",
}
if not answer.success then print("Nobody has put the notes together (" .. answer.error .. "); these are the notes:") end
print("\n" .. (answer.success and answer.output or text))
local success = #notes.failed < #notes
print(("%s %d of %d parts answered, by %s"):format(success and "✓" or "✗", #notes - #notes.failed, #notes, answer.model or "nobody"))
return { success = success }
