internal import DequeModule
internal import Jobs
internal import LuaBindings

/// The number of a script task in its host; never used twice, so a late answer for one that ended finds nobody.
struct ScriptTaskID: Hashable, Sendable, Comparable {
  var number: UInt64
  static func < (a: ScriptTaskID, b: ScriptTaskID) -> Bool { a.number < b.number }
}

/// Why a task is to end early.
enum CancelCause: Hashable, Sendable {
  /// Asked for: by whom and why.
  case asked(by: String, reason: String)
  /// Its own `timeout` ran out.
  case deadline
  /// Its owner ended, or a sibling failed.
  case owner(reason: String)

  /// One phrase for records and messages.
  var reason: String {
    switch self {
    case .asked(_, let reason), .owner(let reason): reason
    case .deadline: "its time was up"
    }
  }
}

/// How a task's body ended.
enum TaskEnding {
  case returned([LuaValue])
  case raised(LuaError)
  case cancelled(CancelCause)
}

/// What a suspended task waits for.
enum TaskWait {
  /// Only its timer.
  case time
  /// Jobs: see `JobWait`.
  case jobs(JobWait)
  /// The next ended child of a group.
  case group(TaskGroupScope)
  /// All children of a group, to close it.
  case groupEnd(TaskGroupScope)
  /// One child, by `async`.
  case child(ScriptTask)
  /// An answer from outside Lua, by its number; `turn` makes the answer's payload into results.
  case answer(UInt64)
}

/// One coroutine of the script with its place in the tree of owners.
///
/// Terms: a task *runs* until its body ended; it then *finishes* until its children have ended; then it has *ended*.
/// Invariants: it has one owner for life; it ends after its children; once `cancelCause` is set it stays set (the first
/// cause counts), and every wait raises the cancellation; only to-be-closed variables run then, for `grace` at most.
final class ScriptTask {
  let id: ScriptTaskID
  let name: String
  /// Where in the script it was started: "deploy.lua:14".
  let place: String
  unowned let owner: ScriptTask?
  /// The group that it is a branch of, and its number in it.
  let group: TaskGroupScope?
  let index: Int
  var coroutine: LuaTask?
  var hasStarted = false
  var children: [ScriptTaskID: ScriptTask] = [:]
  /// Jobs that it started and that are not over.
  var jobs: Set<JobID> = []
  var wait: TaskWait?
  /// What it is answered with at the wait's deadline.
  var lateAnswer: [LuaValue] = []
  /// What the wait was answered with, until the coroutine takes it.
  var answer: LuaAnswer = .nothing
  var cancelCause: CancelCause?
  /// The grace period of its to-be-closed variables is over.
  var graceIsOver = false
  var ending: TaskEnding?
  var hasEnded = false
  /// Someone has been told how it ended.
  var isObserved = false
  /// The job whose function it runs.
  var job: JobID?
  /// The phase that the jobs which it starts belong to.
  var phase: String?
  /// Children that failed, were started by `async`, and have ended.
  var failures: [ScriptTask] = []
  /// Tasks that wait for its end.
  var waiters: [ScriptTask] = []
  /// Told when it has ended.
  var onEnd: ((ScriptTask) -> Void)?

  init(
    id: ScriptTaskID, name: String, place: String, owner: ScriptTask?, group: TaskGroupScope? = nil, index: Int = 0
  ) {
    self.id = id
    self.name = name
    self.place = place
    self.owner = owner
    self.group = group
    self.index = index
    phase = owner?.phase
  }

  /// True once waiting raises: cancelled, and no to-be-closed variable has its grace.
  var refusesWaits: Bool {
    cancelCause != nil && (graceIsOver || coroutine?.isUnwinding != true)
  }
}

/// The branches of one `parallel`, `race`, `timeout` or `pipeline`, owned by the task that opened it.
final class TaskGroupScope {
  let owner: ScriptTask
  var branches: [ScriptTaskID: ScriptTask] = [:]
  /// Branches whose end the owner has not been told.
  var ended: Deque<ScriptTask> = []
  var count = 0

  init(owner: ScriptTask) { self.owner = owner }
}
