import Jobs

/// A job that has not ended, as the engine holds it.
struct LiveJob: Sendable {
  /// What becomes of it next.
  enum Phase: Sendable, Hashable {
    /// It waits for other tasks of its group.
    case blocked
    /// Its `when` is asked.
    case asking
    /// It waits for a slot.
    case lined
    /// A task of the engine makes an attempt.
    case active
    /// It waits for the time between two attempts to be over, or for a decision about its failure.
    case resting
    /// It failed beside others, and is tried again alone.
    case deferred
    /// Its work is over before it is known whether it is wanted.
    case held
    /// Its end is being recorded.
    case ending
  }

  /// Whether the registry knows the job.
  enum Intent: Sendable {
    case writing
    case durable
    case failed(RegistryError)
  }

  /// Who wants it to end, and why.
  struct Wish: Sendable, Hashable {
    enum Kind: Sendable, Hashable {
      case request, failFast, groupTimeout(Duration)
      /// It was started before it was known to be wanted, and is not.
      case speculation(JobReason)
    }

    let kind: Kind
    let by: String
    let reason: String
    /// Whether only the first process of a command is to end.
    var keepsChildren = false

    /// What an execution is told.
    var cause: StopCause { keepsChildren ? .requestToLeader : .request }
  }

  /// Its place in a group.
  struct Membership: Sendable, Hashable {
    let group: String
    let index: Int
  }

  /// How far the output has been looked through for reports of progress.
  struct ProgressScan: Sendable {
    var offset: Int
    var scanner = ProgressScanner()
  }

  var spec: TaskSpec
  let membership: Membership?
  /// Its place among those that wait for a slot.
  var rank: Rank?
  /// Those who all write the same files as it does.
  var crowds: [String] = []
  /// Jobs of earlier groups that its templates may name, by their keys.
  var given: [String: JobID] = [:]
  /// What a speculative job came to, which is told once it is wanted.
  var heldOutcome: JobOutcome?
  var state: JobState
  var phase: Phase
  var retry: RetryState
  var intent = Intent.writing
  var intentWaiters: [CheckedContinuation<Intent, Never>] = []
  var wish: Wish?
  /// What runs at the moment.
  var execution: AttemptControl?
  var output: OutputFile?
  var scan: ProgressScan?
  /// Ends the phase `resting`.
  var timer: Task<Void, Never>?
  /// Where its further attempts run, if that is another folder than its record tells of.
  var folder: String?
  /// How often somebody was asked what to do after the last attempt.
  var escalations = 0
  /// Its worktree, once that is there.
  var worktree: LiveWorktree?
  /// Whether what it did there is being committed.
  var isSettling = false

  init(_ spec: TaskSpec, state: JobState, membership: Membership?) {
    self.spec = spec
    self.state = state
    self.membership = membership
    phase = membership == nil ? .lined : .blocked
    retry = RetryState(
      retries: spec.retries, delay: spec.retryDelay, backoff: spec.retryBackoff, maxDelay: spec.retryMaxDelay)
  }

  /// The affinity, which is the group's own where there is one.
  var affinity: String? {
    spec.affinity.map { affinity in membership.map { "\($0.group) \(affinity)" } ?? affinity }
  }

  /// How urgent it is.
  var priority: Double { spec.priority + (membership == nil && spec.isSpeculative ? Priority.speculation : 0) }

  /// Why the registry does not know the job, if it refused it.
  var intentError: RegistryError? {
    if case .failed(let error) = intent { error } else { nil }
  }

  /// What its agent was asked last, if that was not what the task says.
  var lastPrompt: String?

  /// Whether it takes a slot of the pool while it runs. A function does not: it runs on the script's own thread, and ten
  /// that wait for jobs of theirs would leave no slot for these. An agent that works for another does not either: it is
  /// that one's work, which waits for it and holds a slot.
  var needsSlot: Bool {
    switch spec.work {
    case .shell, .arguments: true
    case .prompt: spec.agentDepth == 0
    case .function: false
    }
  }
}
