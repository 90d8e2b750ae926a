import Glibc
import Jobs
import Testing

@testable import Runtime

/// A git repository with a first commit, a state folder beside it, and a run's worktrees.
struct WorktreeBench: Sendable {
  let scratch: ScratchFolder
  /// The user's checkout, of the branch `main`.
  let top: String
  let state: StateDirectory
  let worktrees: Worktrees

  /// `files` are committed.
  init(name: String = "project", files: [String: String] = ["a.txt": "one\ntwo\nthree\n"], withCommit: Bool = true)
    throws
  {
    scratch = try ScratchFolder()
    top = "\(scratch.path)/\(name)"
    state = StateDirectory(path: "\(scratch.path)/state")
    try state.create()
    worktrees = Worktrees(state, run: .random()) { JobEnvironment() }
    try sh("mkdir -p \"$0\" && cd \"$0\" && git init -q -b main .", top)
    try git("config user.name User && git config user.email user@example.org")
    guard withCommit else { return }
    for (file, text) in files { try write(text, to: file) }
    try git("add -A && git commit -qm first")
  }

  /// What a line for the shell says; it must succeed.
  @discardableResult
  func sh(_ line: String, _ arguments: String...) throws -> String {
    let way = ["/bin/sh", "-ec", line] + arguments
    let run = try ProgramRun(way, in: scratch.path, environment: ["HOME": scratch.path, "LC_ALL": "C"])
    try #require(run.exitCode == 0, "\(line): \(run.output)\(run.talk)")
    return run.output.hasSuffix("\n") ? String(run.output.dropLast()) : run.output
  }

  /// What git says in the user's checkout.
  @discardableResult
  func git(_ line: String) throws -> String { try sh("cd \"$0\" && git \(line)", top) }

  func write(_ text: String, to file: String, in folder: String? = nil) throws {
    let path = "\(folder ?? top)/\(file)"
    try sh("mkdir -p \"${0%/*}\" && printf %s \"$1\" > \"$0\"", path, text)
  }

  func read(_ file: String) -> String { TestFile.text("\(top)/\(file)") }

  func exists(_ path: String) -> Bool {
    var info = stat()
    return lstat(path, &info) == 0
  }

  /// Makes a worktree, as for a job.
  func make(
    _ id: String, at folder: String? = nil, merge: JobWorktree.Merge = .auto, on foundations: [Foundation] = [],
    after former: JobWorktree? = nil
  ) async throws -> Worktrees.Draft {
    let job = try JobID(validating: id)
    let order = Worktrees.Order(
      job: job, name: id, folder: folder ?? top, merge: merge, foundations: foundations, former: former)
    var draft = try await worktrees.draft(order)
    try await worktrees.make(&draft)
    return draft
  }

  /// Commits what was done in a worktree, as at a job's end.
  func settle(
    _ draft: Worktrees.Draft, as status: JobStatus = .completed, isInGroup: Bool = true,
    isShared: Bool = false, declared: (@Sendable ([UInt8]) -> Bool)? = nil
  ) async throws -> FinishedWork {
    let id = String(draft.worktree.branch.dropFirst(WorktreeName.prefix.count))
    var record = JobRecord(id: try JobID(validating: id), run: .random(), kind: .command)
    record.name = id
    record.group = isInGroup ? "g" : nil
    return try await worktrees.settle(
      draft.worktree, record, status: status, patch: state.file(.patch, of: record.id), isShared: isShared,
      declared: declared)
  }

  /// A task from its beginning to its end, which changes files.
  func work(
    _ id: String, _ changes: [String: String], merge: JobWorktree.Merge = .auto, on foundations: [FinishedWork] = []
  ) async throws -> FinishedWork {
    let draft = try await make(id, merge: merge, on: foundations.map(\.foundation))
    for (file, text) in changes { try write(text, to: file, in: draft.worktree.path) }
    var finished = try await settle(draft)
    finished.foundations = foundations.map(\.job)
    return finished
  }

  /// The branches and the worktrees that the repository knows beside the user's.
  var remains: [String] {
    get throws {
      try git("branch --format '%(refname:short)' && git worktree list --porcelain | grep ^worktree")
        .split(separator: "\n").map(String.init).filter { $0 != "main" && $0 != "worktree \(top)" }
    }
  }
}
