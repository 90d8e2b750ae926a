--[[ patterns: the documented ways to work with tasks, as functions.

  local patterns = require "patterns"
  local function run(description, command)
    return function() return patterns.run_background_task(description, command) end
  end
  local checks = parallel { run("lint", "make lint"), run("test", "make test") }
  if not patterns.all_passed(checks) then return { success = false, stage = "validation" } end

FUNCTIONS
  patterns.wait_for_completion(x [, timeout])
      waits for the task whose output file is x (or the job, or the id, x) and returns its result. After `timeout`
      (default "5m") the task goes on, and {success = false, error = "Timeout", reason = "timeout"} is returned; likewise
      {success = false, error = ...} for a file that belongs to no task. How a task ended is read from its record: what
      it printed decides nothing. (It is the global of the same name.)
  patterns.run_background_task(description, work [, spec])
      starts the task in the background, waits for it and returns its result. Other coroutines go on meanwhile. work: a
      command (a string or a list of words), a Lua function, or a table with fields of a task (prompt, agent, ...). spec:
      further fields. One more field is taken from either: wait_timeout, for wait_for_completion (default: no limit
      beside the task's own timeout).
  patterns.robust_background_task(description, work [, spec])
      the same, but whatever goes wrong, misuse included, becomes {success = false, error = message} and a line of log.
  patterns.all_passed(results)
      whether every one of the results (a list, or what task_group or parallel returned) has success; and the list of
      those that have not. An empty list has passed.

SEQUENTIAL FALLBACK
  patterns.sequential_fallback(specs [, options, overrides])
      task_group(specs, options); what did not succeed is run once more, one after the other (results:retry, with
      `overrides` for it, such as edit). If the group cannot be run at all, because its tasks get in each other's way
      (conflict_detection = "error"), all of it is run one after the other. Returns the results, and, if it fell back, why.

CHECKPOINT AND RESUME
  patterns.checkpoint(options)
      calls a step for each feature, and keeps in a file how far each has come. Run again after whatever ended it, it goes
      on where it was: what is complete is not done again, what was in progress, failed or pending is.

        local outcome = patterns.checkpoint {
          file = "completion.json",
          features = { "login", "profile" },
          step = function(name) return task { command = "make " .. name } end,
        }

      file         the path. Written whole, by a new file that takes its place, at each change of a status. If it holds
                   no state of this shape it is an error, and it is left as it is
      features     (or items) a list of names, a list of tables with a name (or id), or a table of tables by name, which
                   are gone through in the order of their names; default: what is in the file
      step         step(name, item, feature, save): item is what `features` has for it, feature its object in the file;
                   fields that the step sets there (JSON values) are kept, for sure after save(). It has failed if it
                   raises, or returns false or a table with success = false, such as a failed result
      max_concurrency  how many steps at a time (default 1)
      fail_fast    begin no other step after a failure (default false)

      The file: { "features": { "login": { "status": "complete", ... } } }; status is "pending", "in_progress",
      "complete" or "failed". Further fields are ours: attempts, started_at, completed_at, duration_ms, error. All else
      in the file is kept. It belongs to one run at a time.
      Returns { success, completed = {names}, reused = {names of what was complete before}, failed = {{name, error}},
      completion = what the file holds }.

THE RALPH LOOP
  patterns.ralph(options)
      does the same step again and again until the work is done.

        local outcome = patterns.ralph {
          step = { command = "sh improve.sh", timeout = "5m" },
          promise = "ALL DONE",
          budget = { duration = "1h" },
        }

      step            a function step(i, last), i from 1, last what the step returned the time before; or the spec of a
                      task. What a function raises ends the loop and comes out of it; a failed result does not
      done            a function done(last, i): true ends the loop. (["until"] means the same; without quotes and brackets
                      that word is Lua's own)
      promise         a text: the loop ends when a step that did not fail has said <promise>TEXT</promise>, in the string
                      that it returned or in its task's output, all of it. One of done and promise is needed
      max_iterations  default 25
      budget          { duration, cost, iterations }: at the end of the duration the step that runs is cancelled; the
                      cost is the sum of usage.cost of the results that the steps return, looked at after each
      delay           a pause between two iterations (default none)

      Returns { success, why, iterations, last, duration_ms, cost, error }. why: "done" (or "until"), "promise", or the
      bound: "max_iterations", "iterations", "duration", "cost"; then success is false, and error a sentence.

LOOP PREVENTION
  patterns.persist(spec [, policy])
      does a task, and does not do the same thing again and again when it fails: first as it is, then simpler, then with
      another, and when all of that has failed somebody decides. It is one job; its result's history tells of each attempt.

        local result, step = patterns.persist({ name = "build", command = "make -j8" }, {
          simpler = "make -j1",
          fallback = { command = "make -f Makefile.old", timeout = "10m" },
          escalate = "ask",
        })

      attempts  how often it is tried as it is (default 1; without simpler and fallback 3)
      simpler   the second step: a command (of a task with a prompt: the simpler prompt); or a table with command, prompt
                or fn, perhaps cwd, env, stdin, timeout, agent, what is not named stays as it was, a gate too; or a
                function (result, history) that returns one of these, or nil to pass the step over
      fallback  the third step, likewise
      escalate  a function (result, history), or "ask", as of a task (default: the failure stands)

      spec is that of task; with run_in_background a job is returned. Returns the result, and the step that it came from:
      "as_is", "simpler", "fallback" or "escalated".

BATCHES
  patterns.batch(items, work [, options])
      does the same with many items, a few at a time, in a memory that does not grow with their number.

        local summary = patterns.batch(io.lines "urls.txt", { command = 'curl -fsS -o /dev/null "$ITEM"' }, {
          max_concurrency = 4,
          on_result = function(result, item) print(item, result.status) end,
        })

      items            a list, or a function that returns the next item and nil after the last; it may wait
      work             a function work(item, index); or the spec of a task, once for each item: a command has it in the
                       variables ITEM and INDEX, an fn as arguments. An item has failed if its function raises, or
                       returns false or a table with success = false
      size             so many items at once: work gets a list of them, a command their lines on standard input
      max_concurrency  default 10
      on_result        on_result(value, item, index), in the order of ending, one at a time: what work returned, or
                       { success = false, error } for what it raised
      keep             keep the values, in `results`, in the order of the items (default false)
      fail_fast        end at the first failure (default false)

      Returns { success, total, succeeded, failed, failures = the first hundred {index, item, error}, duration_ms,
      results }.

ERRORS  Arguments of the wrong kind are errors at the caller (but in robust_background_task).
]]
local patterns = {}

local agentscript = require "agentscript"
local arguments = require "agentscript.arguments"
local check = arguments.check

function patterns.wait_for_completion(x, timeout)
  local result = agentscript.wait_for_completion(x, timeout)
  return result
end

--- The fields of `work` and `spec` in one new table.
local function merged(description, work, spec)
  local fields = { description = description }
  local is_spec = type(work) == "table" and work[1] == nil
  if is_spec then
    for key, value in next, work do fields[key] = value end
  elseif type(work) == "function" then
    fields.fn = work
  else
    fields.command = work
  end
  for key, value in next, spec or {} do fields[key] = value end
  local timeout = fields.wait_timeout
  fields.wait_timeout, fields.run_in_background = nil, true
  return fields, timeout
end

function patterns.run_background_task(description, work, spec)
  check("patterns.run_background_task", 1, "description", description, "string")
  check("patterns.run_background_task", 2, "work", work, "string table function")
  check("patterns.run_background_task", 3, "spec", spec, "table nil")
  local fields, timeout = merged(description, work, spec)
  local job = agentscript.task(fields)
  if timeout == nil then return (agentscript.wait(job)) end
  return (agentscript.wait_for_completion(job, timeout))
end

function patterns.robust_background_task(description, work, spec)
  local ok, result = pcall(patterns.run_background_task, description, work, spec)
  if ok then return result end
  local message = tostring(result)
  require("log").error("Background task failed: " .. tostring(description) .. ": " .. message)
  return { success = false, error = message }
end

function patterns.all_passed(results)
  check("patterns.all_passed", 1, "results", results, "table userdata")
  local failed = {}
  for i = 1, results.n or #results do
    local result = results[i]
    if not result or not result.success then failed[#failed + 1] = result or { success = false, error = "no result" } end
  end
  return #failed == 0, failed
end

--- A copy of the fields, some of them changed.
local function with(fields, changes)
  local copy = {}
  for key, value in next, fields or {} do copy[key] = value end
  for key, value in next, changes do copy[key] = value end
  return copy
end

function patterns.sequential_fallback(specs, options, overrides)
  check("patterns.sequential_fallback", 1, "specs", specs, "table")
  check("patterns.sequential_fallback", 2, "options", options, "table nil")
  check("patterns.sequential_fallback", 3, "overrides", overrides, "table nil")
  local ok, results = pcall(agentscript.task_group, specs, with(options, { on_error = "keep" }))
  if not ok then
    local alone = with(options, { mode = "sequential", conflict_detection = "off" })
    alone.max_concurrency, alone.fallback, alone.cpu_threshold, alone.memory_threshold = nil, nil, nil, nil
    local all = agentscript.task_group(specs, alone)
    return all, tostring(results)
  end
  if results.success then return results end
  local why = ("%d of %d tasks did not succeed"):format(#results.failed, #specs)
  local changes = with(overrides, { mode = "sequential", on_error = options and options.on_error or "keep" })
  local again = results:retry(changes)
  return again, why
end

-- Each in a file of its own, loaded when it is first used.
for name, file in next, { checkpoint = "checkpoint", ralph = "ralph", batch = "batch", persist = "persist" } do
  patterns[name] = function(...)
    local outcome, more = require("agentscript." .. file)(...)
    return outcome, more
  end
end

return patterns
