import Glibc
import Jobs
import Testing

@testable import Runtime

/// Where worktrees cannot be, and what jobs may do to them.
@Suite struct WorktreeOddityTests {
  private func refusal(_ bench: WorktreeBench, at folder: String, id: String = "t") async -> String? {
    do {
      _ = try await bench.make(id, at: folder)
      return nil
    } catch {
      return (error as? GitFault)?.description
    }
  }

  // MARK: Places

  @Test func placesWithoutACheckoutAreRefusedInOneSentence() async throws {
    let bench = try WorktreeBench()
    let path = bench.scratch.path
    try bench.sh("mkdir \"$0/plain\" && git init -q --bare \"$0/bare\" && git init -q -b main \"$0/empty\"", path)
    #expect(await refusal(bench, at: "\(path)/plain") == "'\(path)/plain' lies in no git repository")
    #expect(
      await refusal(bench, at: "\(path)/bare")
        == "'\(path)/bare' lies in a bare git repository, which has no files checked out")
    #expect(
      await refusal(bench, at: "\(path)/empty")
        == "the git repository in '\(path)/empty' has no commit yet, from which a worktree could begin")
    #expect(
      await refusal(bench, at: "\(bench.top)/.git/refs")
        == "'\(bench.top)/.git/refs' lies inside of a repository's own folder, not among the files of a checkout")
    #expect(await refusal(bench, at: "\(path)/nowhere") == "the folder '\(path)/nowhere' is not there")
    #expect(try bench.remains == [])
    #expect(!bench.exists(bench.state.worktreesPath))
  }

  @Test func aMachineWithoutGitIsToldSo() async throws {
    let bench = try WorktreeBench()
    let bare = Worktrees(bench.state, run: .random()) { JobEnvironment(entries: ["PATH=/nonexistent"]) }
    let order = Worktrees.Order(job: try JobID(validating: "t"), name: "t", folder: bench.top, merge: .auto)
    let fault = await #expect(throws: GitFault.self) { _ = try await bare.draft(order) }
    #expect(fault?.description == "the program git was not found in PATH")
  }

  @Test(arguments: ["with space", "new\nline", "quote'\"$x", "ünïcödé"]) func pathsMayHoldAnything(_ name: String)
    async throws
  {
    let bench = try WorktreeBench(name: name, files: ["sub dir/a\n.txt": "a\n"])
    let draft = try await bench.make("t", at: "\(bench.top)/sub dir")
    #expect(draft.folder == "\(draft.worktree.path)/sub dir/")
    try bench.write("b\n", to: "a\n.txt", in: draft.folder)
    let finished = try await bench.settle(draft)
    #expect(finished.worktree.files == ["sub dir/a\n.txt"])
    #expect(await bench.worktrees.merge([finished])[0].worktree.merged)
    #expect(bench.read("sub dir/a\n.txt") == "b\n")
  }

  @Test func aFolderThatIsNotCommittedIsRefused() async throws {
    let bench = try WorktreeBench()
    try bench.sh("mkdir \"$0/fresh\"", bench.top)
    #expect(
      await refusal(bench, at: "\(bench.top)/fresh")?.hasPrefix("the folder that it is to run in is not in the commit")
        == true)
    #expect(try bench.remains == [])
  }

  @Test func aDetachedHeadTakesTheWorkToo() async throws {
    let bench = try WorktreeBench()
    try bench.git("checkout -q --detach")
    let a = try await bench.work("a", ["a.txt": "A\n"])
    let result = await bench.worktrees.merge([a])[0].worktree
    #expect(
      result.merged && result.target == nil && result.note == "no branch was checked out: the commit alone holds it")
    #expect(bench.read("a.txt") == "A\n")
    #expect(try bench.git("show main:a.txt") == "one\ntwo\nthree")
  }

  @Test func aLinkedWorktreeIsACheckoutLikeAnother() async throws {
    let bench = try WorktreeBench()
    try bench.git("worktree add -q -b side ../side")
    let draft = try await bench.make("a", at: "\(bench.scratch.path)/side")
    try bench.write("A\n", to: "a.txt", in: draft.worktree.path)
    let finished = try await bench.settle(draft)
    let result = await bench.worktrees.merge([finished])[0].worktree
    #expect(result.merged && result.target == "side")
    #expect(TestFile.text(bench.scratch.path + "/side/a.txt") == "A\n" && bench.read("a.txt") == "one\ntwo\nthree\n")
    #expect(try bench.git("branch --format '%(refname:short)'") == "main\nside")
  }

  @Test func aSubmoduleIsARepositoryOfItsOwn() async throws {
    let bench = try WorktreeBench()
    try bench.git("-c protocol.file.allow=always submodule --quiet add \"$PWD\" sub && git commit -qm sub")
    let sub = "\(bench.top)/sub"
    let draft = try await bench.make("a", at: sub)
    try bench.write("A\n", to: "a.txt", in: draft.worktree.path)
    let finished = try await bench.settle(draft)
    #expect(await bench.worktrees.merge([finished])[0].worktree.merged)
    #expect(TestFile.text(sub + "/a.txt") == "A\n" && bench.read("a.txt") == "one\ntwo\nthree\n")
    #expect(try bench.sh("cd \"$0\" && git worktree list | wc -l && git branch --list 'agentscript/*'", sub) == "1")
  }

  @Test func aTakenBranchIsRefused() async throws {
    let bench = try WorktreeBench()
    try bench.git("branch agentscript/t")
    #expect(
      await refusal(bench, at: bench.top)
        == "there is a branch 'agentscript/t' already; 'git branch -D agentscript/t' removes it")
    try bench.git("branch -D agentscript/t && git branch agentscript")
    #expect(await refusal(bench, at: bench.top)?.hasPrefix("git worktree add: ") == true)
    #expect(try bench.remains == ["agentscript"] && !bench.exists(bench.state.worktreesPath + "/t"))
  }

  @Test(arguments: ["a..b", "a.", "a.lock"]) func anIdThatCannotNameABranchIsRefused(_ id: String) async throws {
    let bench = try WorktreeBench()
    #expect(
      await refusal(bench, at: bench.top, id: id)?.hasSuffix("and cannot name the branch of its worktree") == true)
  }

  @Test func ourOwnGitVariablesLeadNobodyElsewhere() async throws {
    let names = GitCommand.localVariables
    let run = try ProgramRun(["git", "rev-parse", "--local-env-vars"], in: "/tmp")
    #expect(Set(run.output.split(separator: "\n").map(String.init)).isSubset(of: names))
  }

  // MARK: What jobs do

  /// What a job does in its worktree, and what is in the checkout after its work was merged.
  static let deeds: [(deed: String, files: [String], left: [String: String])] = [
    (
      "echo A > a.txt && git commit -qam own && echo more > b.txt", ["a.txt", "b.txt"],
      ["a.txt": "A\n", "b.txt": "more\n"]
    ),
    ("git checkout -q -b mine && echo A > a.txt && git commit -qam own", ["a.txt"], ["a.txt": "A\n"]),
    (
      "echo A > a.txt && git commit -qam own && git checkout -q --detach HEAD~1 && echo B > b.txt", ["b.txt"],
      ["b.txt": "B\n"]
    ),
    ("rm -f .git && echo A > a.txt", ["a.txt"], ["a.txt": "A\n"]),
    ("rm -f .git && git init -q && echo A > a.txt", ["a.txt"], ["a.txt": "A\n"]),
    ("echo A > a.txt && : > \"$(git rev-parse --git-dir)/index.lock\"", ["a.txt"], ["a.txt": "A\n"]),
    ("git checkout -q --orphan other && echo A > a.txt", ["a.txt"], ["a.txt": "A\n"]),
    ("echo A > a.txt && mkfifo pipe", ["a.txt"], ["a.txt": "A\n"]),
    ("mkdir -p ro/x && echo A > ro/x/f && chmod -R a-w ro", ["ro/x/f"], ["ro/x/f": "A\n"]),
    ("ln -s /etc/passwd link && echo A > a.txt", ["a.txt", "link"], ["a.txt": "A\n"]),
    (
      "git rm -q a.txt && git commit -qm gone && git checkout -q HEAD~1 -- a.txt && echo A > a.txt", ["a.txt"],
      ["a.txt": "A\n"]
    ),
    ("git update-ref -d \"$(git symbolic-ref HEAD)\" && echo A > a.txt", ["a.txt"], ["a.txt": "A\n"]),
  ]

  @Test(arguments: 0..<12) func whateverAJobDoesWithGitItsFilesArrive(_ number: Int) async throws {
    let (deed, files, left) = WorktreeOddityTests.deeds[number]
    let bench = try WorktreeBench()
    let draft = try await bench.make("t")
    try bench.sh("cd \"$0\" && git config user.name x && \(deed)", draft.worktree.path)
    let finished = try await bench.settle(draft)
    #expect(finished.worktree.files == files, "\(deed)")
    let result = await bench.worktrees.merge([finished])[0].worktree
    #expect(result.merged, "\(deed): \(result.note ?? "")")
    for (file, text) in left { #expect(bench.read(file) == text, "\(deed)") }
    #expect(try bench.git("status --porcelain") == "")
    #expect(try bench.remains.filter { $0 != "mine" } == [], "\(deed)")
    #expect(!bench.exists(draft.worktree.path))
    try bench.git("fsck --strict --no-dangling")
  }

  @Test func aRepositoryInsideStaysWhereItIs() async throws {
    let bench = try WorktreeBench()
    let draft = try await bench.make("t")
    try bench.sh(
      "cd \"$0\" && echo A > a.txt && git init -q in && cd in && echo x > x && git add x && git -c user.name=x -c user.email=x commit -qm x",
      draft.worktree.path)
    let finished = try await bench.settle(draft)
    let path = draft.worktree.path
    #expect(
      finished.worktree.note
        == "its work is not all on its branch agentscript/t: in is a repository of their own; the rest is in \(path)")
    #expect(finished.worktree.stage == .settled && bench.exists(path + "/in/x") && finished.worktree.files == ["a.txt"])
    #expect(try bench.git("show agentscript/t:a.txt") == "A")
  }

  @Test func anEmptyRepositoryInsideOrAFileThatCannotBeReadStaysToo() async throws {
    let bench = try WorktreeBench()
    let draft = try await bench.make("t")
    try bench.sh("cd \"$0\" && echo A > a.txt && git init -q in && echo x > in/x", draft.worktree.path)
    let finished = try await bench.settle(draft)
    #expect(
      finished.worktree.note?.hasPrefix("its work is not all on its branch agentscript/t: ") == true,
      "\(finished.worktree)")
    #expect(bench.exists(draft.worktree.path + "/in/x"))
    #expect(try bench.git("show agentscript/t:a.txt") == "A")
  }

  @Test func aRemovedWorktreeIsNoWork() async throws {
    let bench = try WorktreeBench()
    let draft = try await bench.make("t")
    try bench.sh("rm -rf \"$0\"", draft.worktree.path)
    let finished = try await bench.settle(draft)
    #expect(finished.worktree.stage == .settled && finished.worktree.files == [])
    #expect(try bench.remains == [])
  }

  // MARK: Leftovers

  @Test func whatADeadRunLeftIsCommittedAndRemoved() async throws {
    let bench = try WorktreeBench()
    let draft = try await bench.make("t")
    try bench.write("half\n", to: "a.txt", in: draft.worktree.path)
    let leftover = Worktrees.Leftover(
      job: try JobID(validating: "t"), name: "t", status: .lost, worktree: draft.worktree)
    let result = try #require(await bench.worktrees.takeIn(leftover))
    #expect(result.stage == .settled && result.files == ["a.txt"])
    #expect(result.note == "not merged, since its task ended as lost: its changes are on the branch agentscript/t")
    #expect(try bench.remains == ["agentscript/t"] && !bench.exists(draft.worktree.path))
    #expect(try bench.git("show agentscript/t:a.txt") == "half")
  }

  /// Where the making of a worktree was cut off: what is there already.
  @Test(arguments: [
    "true", "mkdir -p \"$0\"", "git branch agentscript/t",
    "mkdir -p .git/worktrees/t && echo initializing > .git/worktrees/t/locked",
    "mkdir -p .git/worktrees/t \"$0\" && echo initializing > .git/worktrees/t/locked && echo \"$0/.git\" > .git/worktrees/t/gitdir && echo \"gitdir: $PWD/.git/worktrees/t\" > \"$0/.git\"",
  ]) func aWorktreeInTheMakingIsRemoved(_ state: String) async throws {
    let bench = try WorktreeBench()
    let order = Worktrees.Order(job: try JobID(validating: "t"), name: "t", folder: bench.top, merge: .auto)
    let draft = try await bench.worktrees.draft(order)
    try bench.sh("cd \"$1\" && \(state)", draft.worktree.path, bench.top)
    let leftover = Worktrees.Leftover(job: order.job, name: "t", status: .lost, worktree: draft.worktree)
    let result = await bench.worktrees.takeIn(leftover)
    #expect(result?.stage == .settled && result?.note == nil, "\(String(describing: result))")
    #expect(
      try bench.remains == [] && !bench.exists(draft.worktree.path) && !bench.exists(bench.top + "/.git/worktrees/t"))
  }

  @Test func whatWasMergedBeforeTheRunDiedIsMerged() async throws {
    let bench = try WorktreeBench()
    let a = try await bench.work("a", ["a.txt": "A\n"])
    let b = try await bench.work("b", ["b.txt": "B\n"])
    try bench.git("merge -q --ff-only agentscript/a")
    let leftovers = [a, b].map {
      Worktrees.Leftover(job: $0.job, name: $0.name, status: .completed, worktree: $0.worktree)
    }
    var results: [JobWorktree?] = []
    for leftover in leftovers { results.append(await bench.worktrees.takeIn(leftover)) }
    #expect(results.map { $0?.merged } == [true, false])
    #expect(results[1]?.note?.hasPrefix("not merged: its run died before;") == true)
    #expect(try bench.remains == ["agentscript/b"])
  }
}
