internal import Jobs
internal import LuaBindings

/// Tasks that wait for jobs: for all of them, or for the first that ends.
final class JobWait {
  enum Mode { case all, any }

  let jobs: [JobID]
  let mode: Mode
  /// A call that started its jobs and waits for them, as `task` does: who interrupts the wait wants the work to end.
  var isForeground = false
  private(set) var open: Set<JobID>
  /// Makes the answer once the wait is over; gets the job that ended last.
  let answer: (ScriptHost, JobID) -> LuaAnswer

  init(_ jobs: [JobID], mode: Mode, open: Set<JobID>, answer: @escaping (ScriptHost, JobID) -> LuaAnswer) {
    self.jobs = jobs
    self.mode = mode
    self.open = open
    self.answer = answer
  }

  /// True once the wait is over.
  func ended(_ job: JobID) -> Bool {
    open.remove(job)
    return mode == .any || open.isEmpty
  }
}

extension JobRecord {
  /// Whether a job that is over ended badly. What was not wanted is no failure: a task whose `when` said no, or one that was
  /// started before it was known to be wanted.
  var isFailure: Bool { !isSuccess && reason != .condition && cancelledBy != "speculation" }
}

/// The functions of a task in its script: its work, and what else the script is asked about it.
struct TaskFunctions {
  var work: LuaReference?
  /// Its `when`.
  var condition: LuaReference?
  var gate: LuaReference?
  var escalate: LuaReference?
  var simplify: LuaReference?
  /// Tools that its agent may call, by their names.
  var tools: [String: LuaReference] = [:]

  /// Whether there is none.
  var isEmpty: Bool { tools.isEmpty && [work, condition, gate, escalate, simplify].allSatisfy { $0 == nil } }
}

/// The jobs of this run as the Lua thread knows them: a view that notices keep up to date.
struct JobBook {
  private(set) var records: [JobID: JobRecord] = [:]
  /// The script's own names for jobs: the ids and keys of its specs. The newest holder of a name counts.
  var names: [String: JobID] = [:]
  /// And the other way: what the script called a job.
  var keys: [JobID: String] = [:]
  /// Under which names a job's functions get the results of jobs of earlier groups.
  var givenNames: [JobID: [JobID: String]] = [:]
  /// Jobs that are not over, and the task that each belongs to.
  var owners: [JobID: ScriptTask] = [:]
  /// The functions of jobs that are not over.
  var functions: [JobID: TaskFunctions] = [:]
  /// Calls that came before their jobs were known here.
  var early: [JobID: [(JobRecord, FunctionCall, FunctionTicket)]] = [:]
  /// Jobs after whose failure the whole run is to end.
  var givenUp: Set<JobID> = []
  var tickets: [FunctionTicket: ScriptTask] = [:]
  /// What jobs' functions returned, as long as their results may be asked for.
  var values: [JobID: LuaValue] = [:]
  var progressHandlers: [JobID: LuaReference] = [:]
  /// Jobs of whose end their `on_progress` is to hear too.
  var progressOfEnds: Set<JobID> = []
  /// Progress that was told before its job was known.
  var earlyProgress: [JobID: [JobRecord]] = [:]
  /// Jobs whose end the script was told.
  private(set) var heard: Set<JobID> = []
  /// In the order in which they were started.
  private(set) var order: [JobID] = []
  /// Jobs that are only in the registry now.
  private(set) var forgottenCount = 0
  private var waiting: [JobID: [ScriptTaskID]] = [:]
  var queues: [JobID: [CompletionQueue]] = [:]

  mutating func keep(_ record: JobRecord) {
    if records.updateValue(record, forKey: record.id) == nil { order.append(record.id) }
  }

  func isLive(_ id: JobID) -> Bool { records[id].map { !$0.status.isTerminal } ?? false }

  mutating func hear(_ id: JobID) { heard.insert(id) }

  /// Lets go of a job that is over and whose end the script was told. Who asks for it later finds it in the registry.
  mutating func forget(_ id: JobID) {
    guard records[id]?.status.isTerminal == true, heard.contains(id) else { return }
    records[id] = nil
    heard.remove(id)
    values[id] = nil
    if let key = keys.removeValue(forKey: id), names[key] == id { names[key] = nil }
    forgottenCount += 1
    if order.count > 2 * records.count + 100 { order.removeAll { records[$0] == nil } }
  }

  mutating func await(_ wait: JobWait, by task: ScriptTaskID) {
    for job in wait.open { waiting[job, default: []].append(task) }
  }

  mutating func forget(_ wait: JobWait, of task: ScriptTaskID) {
    for job in wait.open {
      waiting[job]?.removeAll { $0 == task }
      if waiting[job]?.isEmpty == true { waiting[job] = nil }
    }
  }

  /// The tasks that wait for this job, which has ended.
  mutating func takeWaiters(_ id: JobID) -> [ScriptTaskID] { waiting.removeValue(forKey: id) ?? [] }

  /// Background jobs that failed while nobody in the script ever heard of it. What the script itself cancelled was not
  /// wanted, and is no failure.
  var ignoredFailures: [JobRecord] {
    order.compactMap { records[$0] }.filter { record in
      record.status.isTerminal && record.isFailure && !heard.contains(record.id)
        && !(record.status == .cancelled && record.cancelledBy == "script")
    }
  }
}

/// The jobs of one `as_completed`, in order of ending.
final class CompletionQueue {
  var ended: [(job: JobID, index: Int)] = []
  var open: [JobID: [Int]] = [:]
  /// Who waits for the next one.
  weak var waiter: ScriptTask?
  var told = 0
}
