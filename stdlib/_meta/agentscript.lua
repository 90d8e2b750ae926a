---@meta agentscript
-- Annotations for the Lua language server: point its `workspace.library` at this folder. Nothing here runs.

---A duration: a number is milliseconds, a string carries its units ("250ms", "10s", "5m", "1h30m", "2d").
---@alias duration number|string

---@alias job.status "pending"|"queued"|"running"|"waiting"|"completed"|"failed"|"timed_out"|"cancelled"|"skipped"|"lost"

---@alias job.reason
---| "ok"
---| "exit_nonzero"
---| "signal"
---| "spawn_failed"
---| "script_error"
---| "timeout"
---| "cancelled"
---| "fail_fast"
---| "dependency_failed"
---| "output_limit"
---| "no_provider"
---| "lost"

---What on_progress is told.
---@class progress.event
---@field id string
---@field job string
---@field name? string
---@field agent? string
---@field status job.status
---@field fraction? number 0 to 1
---@field percentage? number 0 to 100
---@field text? string
---@field group? progress.rollup of the job's group, with its id

---How far several pieces of work are together.
---@class progress.rollup
---@field id? string of a group
---@field name? string of a phase
---@field percentage number 0 to 100; 100 only when all have ended
---@field total integer
---@field completed integer those that ended well
---@field failed integer those that ended otherwise
---@field running integer
---@field eta_ms? integer how long the rest may take; nil where earlier work tells nothing

---@class run.progress: progress.rollup
---@field phases progress.rollup[]
---@field groups progress.rollup[]

---@class todo.item
---@field content string
---@field status? "pending"|"in_progress"|"completed" (default: "pending")
---@field activeForm? string what is said while it is in progress (default: content)
---@field active_form? string the same as activeForm

---What a task is to do. Just one of command, prompt (or task) and fn.
---@class task.spec
---@field command? string|(string|number)[] for `/bin/sh -c`, or a program with its arguments
---@field prompt? string for a model agent
---@field task? string the same as prompt
---@field fn? fun(): any a Lua function, run as a coroutine of this script; what it returns is output (a string) or data
---@field id? string the caller's own id; in a group a name inside the group
---@field key? string like id in a group; alone, a name that need not be unique
---@field name? string for people
---@field description? string what it is for
---@field agent? string
---@field subagent_type? string the same as agent
---@field cwd? string the folder that a command runs in (default: the script's)
---@field workdir? string the same as cwd
---@field env? table<string, string|number|boolean> changes to the environment; false takes a variable away, true passes on one that is kept from commands
---@field stdin? string what a command reads (default: nothing)
---@field timeout? duration for one attempt (default: none)
---@field idle_timeout? duration how long a command may show no sign of life (default: none)
---@field limits? { memory?: integer|string, cpu?: duration, nofile?: integer, processes?: integer, output?: integer|string|false }
---@field sandbox? "read-only"|"workspace"|false|{ read?: string[], write?: string[], net?: boolean } what a command may touch
---@field detach? boolean let a command outlive the script, in a background runner (default: false)
---@field tty? boolean give a command a terminal of its own (default: false)
---@field retries? integer how often it is tried again after a failure (default: 0)
---@field retry_delay? duration before the first retry (default: 0)
---@field retry_backoff? number what the delay is multiplied with before each further retry (default: 1)
---@field retry_max_delay? duration what the delay never exceeds (default: "1h", or the delay)
---@field retry_on? (job.reason|integer)[] after which reasons and exit codes it is tried again (default: all that may help)
---@field gate? string|(string|number)[]|fun(result: result): any, string? what has to pass before an attempt counts as success
---@field gate_timeout? duration for one run of the gate (default: the timeout, or "10m")
---@field hedge? duration after which a second copy of a slow command is started (default: none)
---@field simplify? string|fun(prompt: string, attempt: integer, error: string): string? the prompt from the second attempt on
---@field escalate? "ask"|escalation who decides after the last attempt (`retries` is 2 then, unless given)
---@field model? string of a prompt: `provider/model`, a model's name, an alias, or the word for a tier
---@field tier? string "fast", "balanced", "best" or an alias of one
---@field fallback_models? string[] what follows when the model fails
---@field fallbacks? string[] the same as fallback_models
---@field system? string the system prompt (default: the agent's)
---@field schema? table|string the JSON Schema that the answer has to fit
---@field max_turns? integer answers of the model (default: the agent's, or 50)
---@field max_tokens? integer tokens of all attempts, prompts and answers together
---@field max_cost? number US dollars of all attempts
---@field tools? (string|agent.tool)[] names and patterns of tools, and functions of the script
---@field disallowed_tools? string[] tools that it does not get
---@field disallowedTools? string[] the same as disallowed_tools
---@field permission_mode? "default"|"acceptEdits"|"plan"|"bypass"|"dontAsk" what its tools may do without being asked for
---@field cache? "off"|"short"|"long"|boolean whether the provider may keep the conversation's beginning (default: "short")
---@field temperature? number sampling, from 0 to 2 (default: not sent)
---@field top_p? number
---@field top_k? integer
---@field thinking? "off"|"adaptive"|integer|boolean how much the model thinks before it answers
---@field effort? string how much work it puts into an answer
---@field run_in_background? boolean return the job at once (default: false)
---@field on_progress? fun(event: progress.event)
---@field priority? "low"|"normal"|"high"|"critical"|number who gets a free slot first; a point is worth a minute of waiting
---@field speculative? boolean not known to be wanted: gives way to all else; in a group, starts before its dependencies end (default: false)
---@field affinity? string tasks of one affinity run one after the other, in the same slot
---@field reads? string|string[] patterns of the files that it reads, from its cwd
---@field writes? string|string[] patterns of the files that it writes, from its cwd
---@field isolation? "none"|"worktree" whether a command gets a git worktree and a branch of its own (default: "none")
---@field merge? "auto"|"patch"|"keep" what becomes of its work there (default: "auto")
---@field labels? table<string, string|number|boolean> free labels to find its job by
---@field phase? string the part of the run's work that it belongs to (default: the caller's phase)
---@field topic? string what it is about, to find its job by

---A function of the script that an agent may call.
---@class agent.tool
---@field name string letters, digits, _ and -
---@field description string all that the model knows of it
---@field parameters? table the JSON Schema of its arguments, or its properties alone
---@field fn fun(arguments: table): any, string? text or a table; nil and why for a failure

---What becomes of a job whose attempts have all failed: another attempt (perhaps with other work), a result, or nothing.
---@alias escalation fun(result: result, history: attempt[]): "retry"|"skip"|"give_up"|table|nil

---How one attempt ended.
---@class attempt
---@field attempt integer its number, from 1
---@field reason job.reason
---@field error? string
---@field exit_code? integer
---@field signal? integer
---@field duration_ms integer
---@field usage? usage what its models took

---A task of a group.
---@class group.task: task.spec
---@field dependencies? string[] ids of the tasks of the group that must have succeeded before, unless trigger_rule says else
---@field trigger_rule? "all_success"|"all_done"|"one_success"|"none_failed_min_one_success" which ends of them start it
---@field when? fun(needs: table<string, result>): any whether it is wanted, given their results
---@field depends_on? string[] the same as dependencies

---@class group.options
---@field mode? "parallel"|"sequential" (default: "parallel")
---@field max_concurrency? integer|"auto" how many of the group run at a time (default: as many as the pool lets)
---@field given? table<string, result|job|string> tasks of earlier groups that count as dependencies
---@field priority? "low"|"normal"|"high"|"critical"|number for the tasks that have none of their own
---@field max_per_agent? table<string, integer> how many tasks of an agent run at a time
---@field fallback? "sequential" what fails beside others is tried once more, alone
---@field on_error? "keep"|"drop"|"raise" what becomes of failed tasks (default: "keep")
---@field cpu_threshold? number the share of the cores' time above which nothing else is started
---@field memory_threshold? number the share of the memory above which nothing else is started
---@field conflict_detection? "serialize"|"error"|"isolate"|"off"|boolean of tasks that touch the same files (default: "serialize")
---@field dependency_check? "strict"|"warn"|true what an unknown dependency is (default: "strict", an error)
---@field plan_only? boolean return a plan, and run nothing (default: false)
---@field fail_fast? boolean the first failure ends the rest (default: false)
---@field timeout? duration for the whole group (default: none)
---@field budget? number|{ cost?: number, tokens?: integer } what the models of its tasks may take, all together; US dollars
---@field on_progress? fun(event: progress.event) for tasks without one of their own
---@field escalate? "ask"|escalation for tasks without one of their own
---@field run_in_background? boolean return the group at once (default: false)
---@field labels? table<string, string|number|boolean> for each task, beside its own
---@field phase? string for tasks without one of their own
---@field topic? string for tasks without one of their own

---How a job ended.
---@class result
---@field id string the caller's id, or the job's
---@field job string the job's id
---@field name? string
---@field description? string
---@field agent? string
---@field success boolean
---@field status job.status
---@field reason job.reason
---@field exit_code? integer of a command that exited
---@field signal? integer that ended a command
---@field output string what it said, at most 32,000 characters; all of it is in output_file
---@field data? any the table that a function returned
---@field error? string one sentence
---@field duration_ms? integer
---@field started_at? string ISO 8601, UTC
---@field completed_at? string
---@field output_file? string
---@field attempts integer
---@field model? string
---@field usage? usage what models took, in all attempts
---@field hedged? "won"|"lost" what came of its second copy, if there was one
---@field history attempt[] how its attempts ended
---@field worktree? result.worktree what became of its work, with `isolation = "worktree"`

---What models took. Tokens of the prompt are in one of the three counts each.
---@class usage
---@field input_tokens integer
---@field output_tokens integer
---@field cache_read_tokens integer
---@field cache_write_tokens integer
---@field calls integer
---@field cost? number US dollars, without calls whose price nobody knows
---@field models? table<string, usage> by `provider/model`

---What became of the work of a task in a worktree of its own.
---@class result.worktree
---@field merged boolean whether it is in the user's checkout
---@field files string[] what it changed; of more than a thousand the first
---@field file_count integer
---@field note? string what the user should know, and what to type
---@field conflicts {file: string, with: string}[] why it could not be merged
---@field undeclared string[] changed files that its `writes` do not name
---@field path? string the worktree, as long as it is there
---@field branch? string
---@field patch? string
---@field merge "auto"|"patch"|"keep"
---@field base string the commit that it began with
---@field commit? string the one that holds its work

---What status and jobs tell of a job: the fields of a result but success, output and data, and these.
---@class job.record
---@field id string
---@field job string
---@field name? string
---@field description? string
---@field agent? string
---@field status job.status
---@field reason? job.reason
---@field exit_code? integer
---@field signal? integer
---@field error? string
---@field duration_ms? integer
---@field started_at? string
---@field completed_at? string
---@field output_file? string
---@field attempts integer
---@field model? string
---@field run string
---@field kind "command"|"function"|"model"|"worker"
---@field command? string
---@field cwd? string
---@field pid? integer
---@field parent? string
---@field progress? number
---@field progress_text? string
---@field created_at string
---@field max_attempts integer
---@field cancelled_by? string
---@field cancel_reason? string
---@field origin? string where the script started it: "deploy.lua:14"
---@field priority number in points; 0 is normal
---@field speculative boolean whether it was started before it was known to be wanted
---@field leaked integer processes that outlived it and were ended
---@field output_start? integer where its output begins in output_file, in bytes
---@field output_end? integer
---@field hedged? "won"|"lost"
---@field history attempt[]
---@field worktree? result.worktree
---@field group? string
---@field phase? string
---@field topic? string
---@field labels table<string, string>

---A job in the background. Reading a field gives what is known now. As a to-be-closed variable it is cancelled at the end
---of its block.
---@class job: job.record
local job = {}

---@param timeout? duration
---@return result? result nil if the time is up; the job goes on
---@return "timeout"? why
function job:wait(timeout) end

---@param reason? string
---@return boolean was_live
function job:cancel(reason) end

---@param options? read_output.options
---@return string|fun(): string? text
---@return integer|string? next the offset to go on from, or what is wrong
function job:output(options) end

---A group in the background.
---@class job.group
---@field id string
---@field jobs job[]
---@field waves string[][]
local group = {}

---@param timeout? duration
---@return group.results?
---@return "timeout"? why
function group:wait(timeout) end

---@param reason? string
function group:cancel(reason) end

---@return progress.rollup
function group:progress() end

---The results of a group: in the order of the list, and by id.
---@class group.results
---@field success boolean whether all succeeded, and all work that was to be merged is
---@field conflicts {task: string, with: string, file: string}[] between works in worktrees
---@field failed result[]
---@field waves string[][] ids by the earliest moment that they could start
---@field by_id table<string, result>
---@field [integer] result
---@field [string] result
local group_results = {}

---What results:retry takes: fields of a spec, for all that run again, options of a group, and edit.
---@class group.retry: task.spec, group.options
---@field edit? fun(spec: group.task, result: result): group.task|false|nil changes the spec, returns another, or false to leave it

---Runs again what did not succeed; what did stays. Returns the results of all in the old order.
---@param overrides? group.retry
---@return group.results
---@overload fun(self: group.results, overrides: group.retry): job.group
function group_results:retry(overrides) end

---@class read_output.options
---@field since? integer a byte offset to begin at (default: 0)
---@field max_bytes? integer (default: 16 MiB)
---@field tail? integer the last lines
---@field lines? integer|integer[] the first lines, or {first, last}
---@field match? string a regular expression: only the lines where it is found
---@field follow? boolean an iterator over what is there and what comes, until the job has ended

---@class combinator.options
---@field settle? boolean keep going after a failure, and return {success, value, error} for each (default: false)
---@field max_concurrency? integer

---@class retry.options
---@field attempts? integer (default: 3)
---@field delay? duration before the second attempt (default: "1s")
---@field backoff? number what the delay is multiplied by each time (default: 2)
---@field max_delay? duration (default: "2m")
---@field jitter? boolean|number how much of the delay is left to chance, 0 to 1; true is 1 (default: 0)
---@field retry_if? fun(failure: any, attempt: integer): boolean? whether this failure is worth another attempt

---A Lua function that runs beside the caller.
---@class async.task
local async_task = {}

---@param timeout? duration
---@return any ... what the function returned; nil, "timeout" if the time is up
function async_task:wait(timeout) end

---@param reason? string
function async_task:cancel(reason) end

---@return "running"|"completed"|"failed"|"cancelled"
function async_task:status() end

---Runs a task to its end and returns its result; with run_in_background returns the job at once.
---@param spec task.spec
---@return result
---@overload fun(spec: task.spec): job
---@overload fun(agent: string, prompt: string, spec?: task.spec): result
function task(spec) end

---The same with run_in_background = true.
---@param spec task.spec
---@return job
---@overload fun(agent: string, prompt: string, spec?: task.spec): job
function spawn(spec) end

---Runs many tasks by their dependencies. With run_in_background returns the group at once.
---@param specs group.task[]
---@param options? group.options
---@return group.results
---@overload fun(specs: group.task[], options: group.options): job.group
function task_group(specs, options) end

---Waits for a job, an id, a result, a list of these, a group, an async task or a list of these.
---@param x job|string|result|job.group|async.task|(job|string|result)[]|async.task[]
---@param timeout? duration
---@return any result_or_results nil if the time is up; what was waited for goes on
---@return "timeout"? why
function wait(x, timeout) end

---The first that ends.
---@param list (job|string|result)[]
---@param timeout? duration
---@return result? result
---@return integer|"timeout" index
function wait_any(list, timeout) end

---for result, index in as_completed(list): in the order of ending.
---@param list (job|string|result)[]
---@return fun(): result?, integer?
function as_completed(list) end

---The text of a job's output file, or of another.
---@param x job|string|result a job, its id, a result, or the path of an output file
---@param options? read_output.options
---@return string|(fun(): string?)|nil text
---@return integer|string next the offset to go on from, or what is wrong
function read_output(x, options) end

---Waits for the task of an output file; a time-out is a result, too.
---@param x string|job|result
---@param timeout? duration (default: "5m")
---@return result|{success: false, error: string, reason?: string}
function wait_for_completion(x, timeout) end

---The status of a job, and its record.
---@param x job|string|result
---@return job.status
---@return job.record
function status(x) end

---The jobs of this run, or of another, or of all ("all"), in the order of starting.
---@param filter? {status?: job.status, run?: string, limit?: integer, label?: table<string, string|number|boolean>, phase?: string, topic?: string}
---@return job.record[]
function jobs(filter) end

---Ends a job, or several.
---@param x job|string|result|job.group|(job|string|result)[]
---@param reason? string
---@return boolean was_live whether anything was still going on
function cancel(x, reason) end

---The same as cancel.
---@param x job|string|result|job.group|(job|string|result)[]
---@param reason? string
---@return boolean was_live
function kill(x, reason) end

---Suspends this coroutine; everything else goes on.
---@param d duration
function sleep(d) end

---Runs fn(...); at the deadline all that was started inside is cancelled.
---@generic T
---@param d duration
---@param fn fun(...): T
---@param ... any
---@return T? value what fn returned; nil if the time was up
---@return any why "timeout" then
function timeout(d, fn, ...) end

---Calls fn(attempt) until it neither raises nor returns a table whose success is false.
---@generic T
---@param options retry.options|integer
---@param fn fun(attempt: integer): T
---@return T
function retry(options, fn) end

---Runs functions (or specs of tasks) side by side and returns the first value of each, in order.
---@param list (task.spec|fun(): any)[]
---@param options? combinator.options
---@return any[] values with the number of them in `n`
function parallel(list, options) end

---Runs functions side by side; the first that returns wins and the others are cancelled.
---@param list (task.spec|fun(): any)[]
---@param options? {settle?: boolean, gate?: string|string[]|fun(result: result): any} settle: failures are passed over until all have failed; gate: what the winner has to pass, then all are tasks
---@return any ... what it returned, and its index last; with a gate the result and its index, or nil and all results
function race(list, options) end

---Sends each item through the stages; the items side by side.
---@param items any[]
---@param ... (fun(value: any, item: any, index: integer): any)|combinator.options stages, then options
---@return any[]
function pipeline(items, ...) end

---Runs fn(...) beside the caller, which waits for it at its own end.
---@param fn fun(...): any
---@param ... any
---@return async.task
function async(fn, ...) end

---Begins a phase: what this coroutine and those that it starts do from now on belongs to it. Without a name nothing changes.
---@param name? string
---@return string? before the phase until now
function phase(name) end

---@class ask.options
---@field question string
---@field options? string[] what can be answered (default: any text)
---@field choices? string[] the same as options
---@field default? string what counts when nobody answers in time
---@field timeout? duration (default: none)
---@field blocking? boolean|string[] the ids of what waits for the answer, for people; false: a run in which nothing else goes on does not wait (default: true)
---@field park? boolean end with 3 rather than wait, once nothing else goes on (default: false)

---Asks a person, and waits for the answer.
---@param question string|ask.options
---@return string? answer nil if there is none
---@return "answered"|"default"|"timeout"|"unanswered" how
---@return string? by "terminal", "cli", or why the default counts
function ask(question) end

---Says something to a model agent of this run that works.
---@param x job|string
---@param text string
---@return boolean heard
function steer(x, text) end

---What the run's models may take, and have taken: US dollars and tokens. Without an argument the run is meant.
---@class budget
---@field total? number
---@field spent fun(x?: job|job.group|string): number, integer
---@field remaining fun(x?: job|job.group|string): number?, integer?
budget = {}

---A line for people: in a task with fn in its log, else on standard error.
---@param ... any
function log(...) end

---Tells how far the task with fn that calls has come; without arguments, returns how far the run is.
---@param fraction_or_text number|string 0 to 1, or a text
---@param text? string
---@overload fun(): run.progress
function progress(fraction_or_text, text) end

---The whole list of what there is to do, instead of the one before.
---@param items todo.item[]
function todo(items) end

---Calls fn, as a coroutine of its own, whenever this happens in the run.
---@param event "job_started"|"job_progress"|"job_completed"|"phase"|"todo"|"asked"|"answered"|"rate_limited"|"budget"
---@param fn fun(event: table)
function on(event, fn) end

---The script's arguments by number, and the variables of --var by name.
---@type table<integer|string, string>
args = {}

---@class run
---@field id string
---@field dir string the state folder (.agentscript)
---@field resumed boolean
run = {}

---The same functions as the globals, whatever a script does to these.
---@class agentscript
---@field task fun(spec: task.spec): result|job
---@field spawn fun(spec: task.spec): job
---@field task_group fun(specs: group.task[], options?: group.options): group.results
---@field wait fun(x: any, timeout?: duration): any, "timeout"?
---@field wait_any fun(list: any[], timeout?: duration): result?, integer|"timeout"
---@field as_completed fun(list: any[]): fun(): result?, integer?
---@field read_output fun(x: any, options?: read_output.options): any, any
---@field wait_for_completion fun(x: any, timeout?: duration): result
---@field status fun(x: any): job.status, job.record
---@field jobs fun(filter?: table): job.record[]
---@field cancel fun(x: any, reason?: string): boolean
---@field kill fun(x: any, reason?: string): boolean
---@field sleep fun(d: duration)
---@field timeout fun(d: duration, fn: function, ...): any
---@field retry fun(options: retry.options|integer, fn: function): any
---@field parallel fun(list: any[], options?: combinator.options): any[]
---@field race fun(list: any[], options?: table): any
---@field pipeline fun(items: any[], ...): any[]
---@field async fun(fn: function, ...): async.task
---@field log fun(...)
---@field progress fun(fraction_or_text: number|string, text?: string)
local agentscript = {}

return agentscript
