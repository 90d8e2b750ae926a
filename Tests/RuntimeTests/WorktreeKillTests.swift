import Glibc
import Jobs
import Testing

@testable import Runtime

/// Runs with worktrees that are killed at any moment.
@Suite(.serialized) struct WorktreeKillTests {
  /// Four tasks in worktrees, two on top of others, one that fails, one after the group.
  private static let script = """
    for round = 1, 20 do
      task_group {
        { id = "a", command = "for i in 1 2 3 4 5 6; do echo " .. round .. " > a$i.txt; done", isolation = "worktree" },
        { id = "b", command = "echo " .. round .. " > b.txt; sleep 0.05", isolation = "worktree" },
        { id = "c", command = "cat a1.txt b.txt > c.txt", isolation = "worktree", dependencies = { "a", "b" } },
        { id = "d", command = "echo " .. round .. " > d.txt; exit 1", isolation = "worktree" },
      }
      task { command = "echo " .. round .. " > lone.txt", isolation = "worktree" }
    end
    """

  @Test(arguments: 0..<(wantsLongTests ? 150 : 15)) func aKilledRunLosesNothingAndLeavesNothing(_ round: Int)
    async throws
  {
    var random = SplitMix(seed: UInt64(round))
    let bench = try WorktreeBench(files: ["user.txt": "theirs\n"])
    try bench.sh("mkdir \"$0/many\" && cd \"$0/many\" && for i in $(seq 300); do echo $i > $i.txt; done", bench.top)
    try bench.git("add -A && git commit -qm files && echo mine >> user.txt && echo u > untracked.txt")
    let first = try bench.git("rev-parse HEAD")
    let script = try bench.scratch.write(WorktreeKillTests.script, to: "script.lua")
    let home = ["AGENTSCRIPT_HOME": bench.state.path]
    // Its output goes to files of the checkout, which nobody wants.
    try bench.sh("printf '.std*\\n' >> \"$0/.git/info/exclude\"", bench.top)
    let program = try LiveProgram([ProgramRun.agentscript, script], in: bench.top, environment: home)
    #expect(await eventually { program.runtime != nil })
    let runtime = try #require(program.runtime)
    try await Task.sleep(for: .milliseconds(Int.random(in: 20...1500, using: &random)))
    let victims: [[pid_t]] = [[program.pid], [runtime], [program.pid, runtime]]
    for victim in victims[round % 3] { kill(victim, SIGKILL) }
    _ = await program.end(within: .seconds(30))
    // Without its guardian it tidies up itself.
    #expect(await eventually(within: .seconds(30)) { kill(runtime, 0) != 0 })
    let after = try ProgramRun(
      [ProgramRun.agentscript, "-e", "task{ command = 'true' }"], in: bench.scratch.path, environment: home)
    #expect(after.exitCode == 0, "\(after.talk)")
    try await check(bench, since: first)
  }

  private func check(_ bench: WorktreeBench, since first: String) async throws {
    // A git that brings the checkout to a commit is left to do that.
    #expect(await eventually { !bench.exists("\(bench.top)/.git/index.lock") })
    #expect(await eventually { (try? bench.git("status --porcelain")) == " M user.txt\n?? untracked.txt" })
    #expect(try bench.git("status --porcelain") == " M user.txt\n?? untracked.txt")
    #expect(bench.read("user.txt") == "theirs\nmine\n" && bench.read("untracked.txt") == "u\n")
    try bench.git("merge-base --is-ancestor \(first) HEAD && git symbolic-ref -q HEAD")
    try bench.git("fsck --strict --no-dangling 2>&1")
    #expect(try bench.git("worktree list | wc -l") == "1")
    #expect(try bench.sh("ls -A \"$0\" 2>/dev/null || true", bench.state.worktreesPath) == "")
    #expect(try bench.sh("ls -A \"$0/.git/worktrees\" 2>/dev/null || true", bench.top) == "")
    let registry = try Registry.open(bench.state, readOnly: true)
    defer { registry.close() }
    #expect(try registry.leftWorktrees() == [])
    let branches = Set(try bench.git("branch --format '%(refname:short)'").split(separator: "\n").map(String.init))
    for record in try registry.jobs() {
      guard let worktree = record.worktree, worktree.stage == .settled else {
        #expect(record.worktree == nil, "\(record.id): \(String(describing: record.worktree))")
        continue
      }
      #expect(branches.contains(worktree.branch) == worktree.hasBranch, "\(record.id): \(worktree)")
      let hasWork = worktree.tip != nil && worktree.tip != worktree.base
      #expect(!hasWork || worktree.merged || worktree.hasBranch, "\(record.id): \(worktree)")
      #expect(worktree.merged || worktree.note != nil || !hasWork, "\(record.id): \(worktree)")
    }
  }
}
