internal import Jobs
internal import Models

/// What a task is to do and with which limits, checked as far as it can be without starting it.
struct TaskSpec: Sendable, Hashable {
  /// What runs.
  enum Work: Sendable, Hashable {
    /// A line for `/bin/sh -c`.
    case shell(String)
    /// A program with its arguments; no shell sees them.
    case arguments([String])
    /// A function of the script, which `JobEngine`'s `runFunction` runs.
    case function
    /// A prompt for a model.
    case prompt(String)
  }

  /// What a command reads from standard input.
  enum StandardInput: Sendable, Hashable {
    case none
    case bytes([UInt8])
  }

  /// The caller's own id, unique in the registry; nil for a generated one. In a group: its key, see `GroupSpec`.
  var id: JobID?
  var name: String?
  var description: String?
  var agent: String?
  var work: Work
  /// The folder it runs in; a relative one is taken from this process's own. nil for that of this process.
  var cwd: String?
  /// Changes to the environment: nil takes a variable away.
  var environment: [String: String?] = [:]
  var stdin = StandardInput.none
  /// The longest one attempt may take.
  var timeout: Duration?
  /// How much one attempt may take.
  var limits = JobLimits()
  /// What its command may touch; nil for what the run says.
  var sandbox: SandboxChoice?
  /// Whether its command gets a terminal of its own.
  var hasTerminal = false
  /// What becomes of its work, if it gets a git worktree of its own; nil if it gets none.
  var worktree: JobWorktree.Merge?
  /// How often a failed attempt is repeated.
  var retries = 0
  /// The pause before each repetition.
  var retryDelay = Duration.zero
  /// Free labels, by name.
  var labels: [String: String] = [:]
  /// The part of the run's work that it belongs to.
  var phase: String?
  /// What it is about, for finding its job among those of other runs.
  var topic: String?
  /// What the pause is multiplied with from one repetition to the next.
  var retryBackoff = 1.0
  /// What the pause never exceeds; nil for `RetryState`'s own bound.
  var retryMaxDelay: Duration?
  /// After which failures it is repeated; nil for all that another attempt may help with.
  var retryOn: Set<RetryCondition>?
  /// What has to pass before an attempt counts as success.
  var gate: Gate?
  /// After how long a second copy of a command is started beside the first.
  var hedge: Duration?
  /// What it says about the agent that answers its prompt.
  var agentOptions: AgentOptions?
  /// How many agents stand above its own: it is the work of one of their tools.
  var agentDepth = 0
  /// How its prompt becomes simpler.
  var simplify: PromptSimplification?
  /// Who decides after the last attempt has failed.
  var escalation: EscalationTarget?
  /// Where in the script it was started: "deploy.lua:14".
  var origin: String?
  /// The job whose function started it.
  var parent: JobID?
  /// How urgent it is, in points; see `Priority`.
  var priority = Priority.normal
  /// Whether nobody knows yet that it is wanted: it gives way to all other work.
  var isSpeculative = false
  /// Tasks of the same affinity run one after the other in the same slot.
  var affinity: String?
  /// Which files it says that it reads and writes.
  var access = PathAccess()
  /// Which of them others may come across: in a worktree of its own a task is in nobody's way.
  var sharedAccess: PathAccess { worktree == nil ? access : PathAccess() }
  /// For each text of its work, in their order: where results of other tasks stand in it.
  var templates: [NeedsTemplate?] = []

  /// A task with default limits.
  init(work: Work) { self.work = work }
}

/// Several tasks with their dependencies.
struct GroupSpec: Sendable, Hashable {
  /// One task of a group.
  struct Member: Sendable, Hashable {
    /// Its name inside the group, which dependencies use; nil if nothing names it. The job's id is generated from it
    /// (keys are names, so that a script can be run again), and it becomes the job's name where it has none.
    var key: String?
    var spec: TaskSpec
    /// The keys of the tasks that must have ended well before this one starts, unless its rule says something else.
    var dependencies: [String]
    /// When it runs.
    var rule = TaskRule()
    /// Dependencies that were fulfilled before the group: jobs that have ended, by the keys that templates use.
    var given: [String: JobID] = [:]

    /// A member.
    init(key: String? = nil, spec: TaskSpec, dependencies: [String] = []) {
      self.key = key
      self.spec = spec
      self.dependencies = dependencies
    }
  }

  var members: [Member]
  /// One after the other, in the order given.
  var isSequential = false
  var maxConcurrency: Int?
  /// How many run at once is found out, see `AutoConcurrency`.
  var isAutomatic = false
  /// Above which load of the machine no other task is started.
  var thresholds = LoadThresholds()
  /// What is done about tasks that get in each other's way.
  var conflictDetection = ConflictDetection.serialize
  /// The first failure cancels the others.
  var failFast = false
  /// Tasks that fail beside others are tried once more, one after the other.
  var fallsBack = false
  /// How many tasks of an agent run at once.
  var maxPerAgent: [String: Int] = [:]
  /// What the models of its tasks may take, all together.
  var budget: BudgetLimit?
  /// The longest the whole group may take.
  var timeout: Duration?

  /// A group with default options.
  init(members: [Member]) { self.members = members }
}

/// A group that was accepted.
struct GroupRecord: Sendable, Hashable {
  let id: String
  /// The jobs, in the order of the members.
  let jobs: [JobRecord]
  /// The members' numbers from 0 by depth.
  let waves: [[Int]]

  /// A group.
  init(id: String, jobs: [JobRecord], waves: [[Int]]) {
    self.id = id
    self.jobs = jobs
    self.waves = waves
  }
}

/// Why a task or a group was not accepted: one sentence.
struct TaskError: Error, Sendable, Hashable, CustomStringConvertible {
  /// What was wrong.
  enum Code: Sendable, Hashable {
    /// The id belongs to another job.
    case usedID
    /// The id holds a secret, and ids are written down.
    case secretID
    /// Dependencies that cannot be followed, or a key given twice.
    case badGroup
    /// The registry or the state folder failed.
    case storage
  }

  let code: Code
  let description: String

  /// An error.
  init(code: Code, description: String) {
    self.code = code
    self.description = description
  }
}
