import Testing

@testable import Jobs

/// Worktrees in the registry.
@Suite struct WorktreeRecordTests {
  private func worktree(_ id: String) -> JobWorktree {
    JobWorktree(
      path: "/state/worktrees/\(id)", branch: "agentscript/\(id)", repository: "/project/.git",
      administration: "/project/.git/worktrees/\(id)", checkout: "/project", target: "main", base: "b0", merge: .auto)
  }

  @Test func AWorktreeIsKnownBeforeItsJobEndsAndMayChangeAfterwards() async throws {
    let folder = try TemporaryFolder()
    let (registry, run) = try folder.registry()
    var state = try await registry.submit("a", run: run)
    var worktree = worktree("a")
    try registry.record([(state.record.id, run, worktree)])
    #expect(try registry.job(state.record.id)?.worktree == worktree)
    #expect(try registry.leftWorktrees() == [])
    worktree.stage = .collected
    worktree.tip = "c1"
    worktree.files = ["x \"quoted\"\n"]
    var outcome = JobOutcome.completed(exitCode: 0)
    outcome.worktree = worktree
    try await registry.commit([state.apply(.started(pid: nil, pidStarted: nil), at: .now())])
    try await registry.commit([state.apply(.ended(outcome), at: .now())])
    #expect(try registry.job(state.record.id) == state.record && state.record.worktree == worktree)
    let sequence = try registry.latestSequence()
    worktree.stage = .settled
    worktree.note = "not merged"
    worktree.conflicts = [.init(file: "x", with: "b")]
    let amended = try registry.amend([(state.record.id, run, worktree)], redaction: .none)
    #expect(amended.map(\.worktree) == [worktree] && amended[0].status == .completed)
    let events = try registry.events(since: sequence)
    #expect(events.map(\.kind) == [.worktree] && events[0].text == "not merged")
    let text = try folder.contents(registry.directory.file(.record, of: state.record.id))
    #expect(text.contains("\"note\": \"not merged\"") && text.contains("\"with\": \"b\""))
    registry.close()
  }

  @Test func WhatAnEndedRunLeftIsFoundUntilItIsSettled() async throws {
    let folder = try TemporaryFolder()
    let (registry, run) = try folder.registry()
    var state = try await registry.submit("a", run: run)
    let id = state.record.id
    try registry.record([(id, run, worktree("a"))])
    try await registry.commit([state.apply(.ended(.cancelled(by: "test", why: "test")), at: .now())])
    try registry.end(run: run, status: .cancelled, exitCode: 1)
    #expect(
      try registry.leftWorktrees() == [
        LeftWorktree(job: id, run: run, name: nil, status: .cancelled, worktree: worktree("a"))
      ])
    try registry.remove(id)
    #expect(
      try registry.leftWorktrees() == [LeftWorktree(job: id, run: run, name: nil, status: nil, worktree: worktree("a"))]
    )
    var settled = worktree("a")
    settled.stage = .settled
    try registry.record([(id, run, settled)])
    #expect(try registry.leftWorktrees() == [])
    registry.close()
  }
}
