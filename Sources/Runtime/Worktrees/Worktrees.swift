import Jobs
import Synchronization
internal import SystemPackage

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// The worktrees of a run's jobs: makes them, commits what the jobs did there, and takes it over into the user's checkouts.
///
/// Knows no engine and no registry: who calls writes down what is told, a worktree before it is made.
final class Worktrees: Sendable {
  /// What a job's worktree is to be.
  struct Order: Sendable {
    let job: JobID
    /// How people call the task.
    let name: String
    /// Where the job would run without one.
    let folder: String
    let merge: JobWorktree.Merge
    /// The works that it is to hold from the beginning.
    var foundations: [Foundation] = []
    /// The worktree of a task before it in its group, which it takes over.
    var former: JobWorktree?
  }

  /// A worktree before it is made.
  struct Draft: Sendable {
    var worktree: JobWorktree
    /// Where in it the job runs.
    let folder: String
    /// What the user should know.
    let warning: String?
    fileprivate let former: JobWorktree?
    fileprivate let checkout: GitCheckout

    /// The checkout as a folder of it names it, which may be by a symbolic link.
    func checkout(named folder: String) -> String {
      let inner = checkout.prefix.hasSuffix("/") ? String(checkout.prefix.dropLast()) : checkout.prefix
      if inner.isEmpty { return folder }
      return folder.hasSuffix("/" + inner) ? String(folder.dropLast(inner.count + 1)) : checkout.top
    }
  }

  private struct Memory {
    var git: Git?
    /// Where the user was told already of changes that no worktree holds.
    var warned: Set<String> = []
  }

  private let directory: StateDirectory
  private let run: RunID
  private let environment: @Sendable () -> JobEnvironment
  private let memory = Mutex(Memory())
  let line = WaitingLine()

  /// Worktrees of a run, below a state folder. Nothing is made or started yet.
  init(_ directory: StateDirectory, run: RunID, environment: @escaping @Sendable () -> JobEnvironment) {
    self.directory = directory
    self.run = run
    self.environment = environment
  }

  /// The program, looked for by the first call.
  func git() async throws(GitFault) -> Git {
    if let known = memory.withLock({ $0.git }) { return known }
    let found = try await Git(environment(), for: run)
    memory.withLock { $0.git = found }
    return found
  }

  /// Where the worktrees lie, whether or not the folder is there yet.
  private var folder: String {
    let path = SystemPath(trusted: directory.path.utf8)
    let real = (try? path.resolved()).map { String(decoding: $0.bytes, as: UTF8.self) }
    return StateDirectory(path: real ?? directory.path).worktreesPath
  }

  // MARK: The beginning

  /// Finds out what the worktree will be. Throws, in one sentence, where there can be none.
  func draft(_ order: Order) async throws(GitFault) -> Draft {
    let git = try await git()
    let checkout = try await git.checkout(at: order.folder)
    let base = try await git.base(of: checkout, with: order.foundations, for: order.job)
    var worktree = try await git.plan(checkout, job: order.job, base: base, folder: folder, merge: order.merge)
    // A folder of another repository cannot be taken over.
    let former = order.former?.repository == worktree.repository ? order.former : nil
    if let former {
      worktree.path = former.path
      worktree.administration = former.administration
    }
    return Draft(
      worktree: worktree, folder: checkout.prefix.isEmpty ? worktree.path : "\(worktree.path)/\(checkout.prefix)",
      warning: await warning(of: checkout, git), former: former, checkout: checkout)
  }

  /// Makes it. Whatever fails leaves nothing behind.
  func make(_ draft: inout Draft) async throws(GitFault) {
    let git = try await git()
    guard draft.former == nil else { return try await git.reuse(draft.worktree) }
    let folder = self.folder
    if mkdir(folder, 0o700) == 0 {
      // Whatever the umask.
      chmod(folder, 0o700)
    } else if errno != EEXIST {
      throw GitFault("'\(Escaping.line(folder))' could not be made: \(SystemMessage.text(errno))")
    }
    try await git.make(&draft.worktree)
    var info = stat()
    guard stat(draft.folder, &info) == 0, info.st_mode & S_IFMT == S_IFDIR else {
      await discard(draft.worktree)
      throw GitFault("the folder that it is to run in is not in the commit \(draft.worktree.base.prefix(10))")
    }
  }

  /// Removes a worktree's folder, whose work is committed.
  func removeFolder(of worktree: JobWorktree) async { await (try? git())?.removeFolder(of: worktree) }

  /// Removes a worktree in which nothing has run.
  func discard(_ worktree: JobWorktree) async {
    guard let git = try? await git() else { return }
    await git.removeFolder(of: worktree)
    await git.removeBranch(of: worktree, at: worktree.base)
  }

  private func warning(of checkout: GitCheckout, _ git: Git) async -> String? {
    let isNew = memory.withLock { $0.warned.insert(checkout.top).inserted }
    guard isNew else { return nil }
    let count = await git.uncommittedChanges(in: checkout.top)
    guard count > 0 else { return nil }
    return "worktrees begin with what \(checkout.title) has committed: "
      + "\(count) uncommitted change\(count == 1 ? "" : "s") in '\(Escaping.line(checkout.top))' "
      + "\(count == 1 ? "is" : "are") not in them"
  }

  // MARK: The end

  /// Commits what a job left, and does with it what its end and its task's `merge` ask for, short of merging: that is
  /// `merge`'s. `declared` tells which files the task said it would write.
  ///
  /// `isShared`: another task takes the folder over. Throws if the work could not be kept; then all is left as it is.
  func settle(
    _ worktree: JobWorktree, _ job: JobRecord, status: JobStatus, patch: String, isShared: Bool = false,
    declared: (@Sendable ([UInt8]) -> Bool)? = nil
  ) async throws(GitFault) -> FinishedWork {
    let git = try await git()
    let name = job.name ?? job.id.rawValue
    let message = "Task '\(name)'\n\nThe work of the job \(job.id), which ended as \(status.rawValue)."
    let collected = try await git.collect(worktree, message: message)
    var finished = FinishedWork(job: job.id, name: name, worktree: worktree, files: collected.files)
    finished.worktree.describe(collected, declared: declared)
    let findings = WorktreeSettlement.Findings(
      status: status, hasChanges: collected.tip != worktree.base, uncommitted: collected.uncommitted,
      isInGroup: job.group != nil)
    let settlement = WorktreeSettlement(findings, worktree)
    finished.worktree.note = settlement.note
    if settlement.writesPatch {
      try await git.writePatch(of: worktree, to: collected.tip, into: patch)
      finished.worktree.patch = patch
      finished.worktree.note = "'git apply \(FileNames.quoted(patch))' takes it over"
    }
    if !settlement.keepsFolder, !isShared { await git.giveUpFolder(of: &finished.worktree) }
    if !settlement.keepsBranch { await git.giveUpBranch(of: &finished.worktree, at: collected.tip) }
    finished.worktree.stage = settlement.merges ? .collected : .settled
    return finished
  }
}

/// A job's work that is committed.
struct FinishedWork: Sendable, Hashable {
  let job: JobID
  /// How people call the task.
  let name: String
  var worktree: JobWorktree
  /// The changed files, all of them.
  let files: [[UInt8]]
  /// The jobs whose works it is built on.
  var foundations: [JobID] = []
  /// Whether its task ended well.
  var isWhole = true
  /// Whether another task takes its folder over.
  var isTakenOver = false

  /// The same in a group that is not wanted any more.
  var leftAlone: FinishedWork {
    var work = self
    guard worktree.stage == .collected else { return work }
    work.worktree.stage = .settled
    let branch = FileNames.quoted(worktree.branch)
    work.worktree.note = "not merged, since its run was cancelled: its changes are on the branch \(branch)"
    return work
  }

  /// The commit that others can build on.
  var foundation: Foundation { Foundation(name: name, tip: worktree.tip ?? worktree.base, files: files) }
}

extension JobWorktree {
  /// One that was never made.
  var withdrawn: JobWorktree {
    var worktree = self
    worktree.stage = .settled
    worktree.hasFolder = false
    worktree.hasBranch = false
    return worktree
  }

  /// Takes in what was collected.
  fileprivate mutating func describe(_ work: CollectedWork, declared: (([UInt8]) -> Bool)?) {
    tip = work.tip
    fileCount = work.files.count
    files = work.files.prefix(JobWorktree.mostFiles).map(GitTalk.text)
    guard let declared else { return }
    undeclared = work.files.lazy.filter { !declared($0) }.prefix(JobWorktree.mostFiles).map(GitTalk.text)
  }

  /// Says something more of it.
  mutating func add(note sentence: String) { note = [note, sentence].compactMap { $0 }.joined(separator: "; ") }
}

/// Lets one after the other in, in the order in which they came.
final class WaitingLine: Sendable {
  private struct State {
    var isBusy = false
    var waiters: [CheckedContinuation<Void, Never>] = []
  }

  private let state = Mutex(State())

  /// Runs the body when all who came before are done.
  func pass<Value: Sendable>(_ body: () async -> Value) async -> Value {
    await withCheckedContinuation { continuation in
      let mayGo = state.withLock { state in
        if state.isBusy { state.waiters.append(continuation) }
        defer { state.isBusy = true }
        return !state.isBusy
      }
      if mayGo { continuation.resume() }
    }
    let value = await body()
    let next = state.withLock { state -> CheckedContinuation<Void, Never>? in
      if state.waiters.isEmpty {
        state.isBusy = false
        return nil
      }
      return state.waiters.removeFirst()
    }
    next?.resume()
    return value
  }
}
