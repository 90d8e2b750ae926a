import Glibc
import Jobs
import Testing

@testable import Runtime

/// Worktrees in real repositories, without an engine.
@Suite struct WorktreeTests {
  // MARK: From the beginning to the end

  @Test func aTasksWorkComesIntoTheCheckoutAndNothingRemains() async throws {
    let bench = try WorktreeBench(files: ["a.txt": "a\n", "old.txt": "old\n", "keep.txt": "keep\n"])
    let draft = try await bench.make("t-1")
    let path = draft.worktree.path
    #expect(path == "\(bench.state.path)/worktrees/t-1" && draft.folder == path && draft.warning == nil)
    try bench.sh(
      "cd \"$0\" && echo b >> a.txt && mkdir sub && echo n > sub/new && rm old.txt && chmod +x keep.txt", path)
    #expect(bench.read("a.txt") == "a\n")
    let finished = try await bench.settle(draft)
    #expect(finished.worktree.stage == .collected && !bench.exists(path))
    #expect(finished.worktree.files == ["a.txt", "keep.txt", "old.txt", "sub/new"])
    let merged = await bench.worktrees.merge([finished])[0].worktree
    #expect(merged.merged && merged.stage == .settled && merged.note == nil, "\(merged)")
    #expect(bench.read("a.txt") == "a\nb\n" && bench.read("sub/new") == "n\n")
    #expect(!bench.exists("\(bench.top)/old.txt"))
    #expect(try bench.git("status --porcelain") == "")
    #expect(try bench.remains == [])
    #expect(try bench.git("log -1 --format='%an %ae %s'") == "agentscript agentscript@localhost Task 't-1'")
    #expect(try bench.git("symbolic-ref HEAD") == "refs/heads/main")
  }

  @Test func whatIsIgnoredIsNoWork() async throws {
    let bench = try WorktreeBench(files: [".gitignore": "*.o\n"])
    let draft = try await bench.make("t")
    try bench.sh("cd \"$0\" && echo x > x.o", draft.worktree.path)
    let finished = try await bench.settle(draft)
    #expect(finished.worktree.stage == .settled && finished.worktree.files == [] && finished.worktree.note == nil)
    #expect(!bench.exists(draft.worktree.path))
    #expect(try bench.remains == [])
  }

  @Test(arguments: [JobStatus.failed, .timedOut, .cancelled]) func aFailedTasksWorkStaysOnItsBranch(_ status: JobStatus)
    async throws
  {
    let bench = try WorktreeBench()
    let draft = try await bench.make("t")
    try bench.write("half\n", to: "a.txt", in: draft.worktree.path)
    let finished = try await bench.settle(draft, as: status)
    #expect(finished.worktree.stage == .settled && !finished.worktree.merged)
    #expect(
      finished.worktree.note
        == "not merged, since its task ended as \(status.rawValue): its changes are on the branch agentscript/t")
    #expect(try bench.remains == ["agentscript/t"])
    #expect(try bench.git("show agentscript/t:a.txt") == "half")
    #expect(bench.read("a.txt") == "one\ntwo\nthree\n")
  }

  @Test func aPatchIsWrittenAndTheCheckoutLeftAlone() async throws {
    let bench = try WorktreeBench()
    let draft = try await bench.make("t", merge: .patch)
    try bench.sh(
      "cd \"$0\" && echo four >> a.txt && head -c 3000 /dev/zero | tr '\\0' '\\1' > binary", draft.worktree.path)
    let finished = try await bench.settle(draft)
    let patch = try #require(finished.worktree.patch)
    #expect(
      patch == "\(bench.state.path)/jobs/t.patch" && finished.worktree.note == "'git apply \(patch)' takes it over")
    #expect(finished.worktree.stage == .settled && bench.read("a.txt") == "one\ntwo\nthree\n")
    #expect(try bench.remains == [])
    try bench.git("apply '\(patch)'")
    #expect(bench.read("a.txt") == "one\ntwo\nthree\nfour\n")
    #expect(try bench.sh("stat -c '%a %s' \"$0\" \"$1\"", patch, "\(bench.top)/binary").hasPrefix("600 "))
  }

  @Test func aKeptWorktreeStaysWithANote() async throws {
    let bench = try WorktreeBench()
    let draft = try await bench.make("t", merge: .keep)
    try bench.write("kept\n", to: "a.txt", in: draft.worktree.path)
    let finished = try await bench.settle(draft)
    let note = try #require(finished.worktree.note)
    #expect(finished.worktree.stage == .settled && bench.exists(draft.worktree.path))
    // The note's second command does what it says.
    let command = try #require(note.split(separator: "'").last { $0.hasPrefix("git worktree remove") })
    try bench.sh("cd \"$0\" && \(command)", bench.top)
    #expect(try bench.remains == [])
  }

  @Test func aTaskSeesTheWorkOfThoseThatItDependsOn() async throws {
    let bench = try WorktreeBench(files: ["a.txt": "a\n", "b.txt": "b\n"])
    let a = try await bench.work("a", ["a.txt": "a2\n"])
    let b = try await bench.work("b", ["b.txt": "b2\n"])
    let draft = try await bench.make("c", on: [a.foundation, b.foundation])
    #expect(TestFile.text(draft.worktree.path + "/a.txt") == "a2\n")
    #expect(TestFile.text(draft.worktree.path + "/b.txt") == "b2\n")
    try bench.write("c\n", to: "c.txt", in: draft.worktree.path)
    var c = try await bench.settle(draft)
    c.foundations = [a.job, b.job]
    #expect(c.worktree.files == ["c.txt"])
    let results = await bench.worktrees.merge([c, b, a])
    #expect(results.allSatisfy { $0.worktree.merged && $0.worktree.note == nil }, "\(results)")
    #expect(bench.read("a.txt") + bench.read("b.txt") + bench.read("c.txt") == "a2\nb2\nc\n")
    #expect(try bench.remains == [])
  }

  @Test func dependenciesThatConflictAreNamed() async throws {
    let bench = try WorktreeBench()
    let a = try await bench.work("a", ["a.txt": "A\n"])
    let b = try await bench.work("b", ["a.txt": "B\n"])
    let fault = await #expect(throws: GitFault.self) {
      _ = try await bench.make("c", on: [a.foundation, b.foundation])
    }
    #expect(fault?.description == "the work of 'b' conflicts with that of 'a' in a.txt")
    #expect(try bench.remains.sorted() == ["agentscript/a", "agentscript/b"])
  }

  @Test func tasksOfOneAffinityShareAFolder() async throws {
    let bench = try WorktreeBench(files: [".gitignore": "cache\n", "a.txt": "a\n"])
    let first = try await bench.make("one")
    try bench.sh("cd \"$0\" && echo 1 > one.txt && echo c > cache", first.worktree.path)
    let one = try await bench.settle(first, isShared: true)
    let second = try await bench.make("two", on: [one.foundation], after: one.worktree)
    #expect(second.worktree.path == first.worktree.path && second.worktree.branch == "agentscript/two")
    #expect(
      TestFile.text(second.worktree.path + "/cache") == "c\n"
        && TestFile.text(second.worktree.path + "/one.txt") == "1\n")
    try bench.write("2\n", to: "two.txt", in: second.worktree.path)
    var two = try await bench.settle(second)
    two.foundations = [one.job]
    #expect(two.worktree.files == ["two.txt"] && !bench.exists(second.worktree.path))
    let results = await bench.worktrees.merge([one, two])
    #expect(results.allSatisfy { $0.worktree.merged })
    #expect(bench.read("one.txt") + bench.read("two.txt") == "1\n2\n")
    #expect(try bench.remains == [])
  }

  @Test func aFailedTaskLeavesNothingToTheNextOfItsAffinity() async throws {
    let bench = try WorktreeBench()
    let first = try await bench.make("one")
    try bench.sh("cd \"$0\" && echo broken > a.txt && echo n > n.txt", first.worktree.path)
    let one = try await bench.settle(first, as: .failed, isShared: true)
    #expect(one.worktree.tip != one.worktree.base)
    let second = try await bench.make("two", after: one.worktree)
    #expect(TestFile.text(second.worktree.path + "/a.txt") == "one\ntwo\nthree\n")
    #expect(!bench.exists(second.worktree.path + "/n.txt"))
  }

  @Test func whatATaskDidNotDeclareIsTold() async throws {
    let bench = try WorktreeBench()
    let draft = try await bench.make("t")
    try bench.sh("cd \"$0\" && echo 1 > declared && echo 2 > other", draft.worktree.path)
    let finished = try await bench.settle(draft, declared: { $0 == Array("declared".utf8) })
    #expect(finished.worktree.undeclared == ["other"])
  }

  // MARK: Conflicts

  @Test func aConflictNamesBothTasksAndLeavesOneOut() async throws {
    let bench = try WorktreeBench(files: ["a.txt": "1\n", "b.txt": "1\n"])
    let a = try await bench.work("a", ["a.txt": "A\n"])
    let b = try await bench.work("b", ["a.txt": "B\n", "b.txt": "B\n"])
    let onB = try await bench.work("on-b", ["c.txt": "C\n"], on: [b])
    let d = try await bench.work("d", ["d.txt": "D\n"])
    let results = await bench.worktrees.merge([a, b, onB, d]).map(\.worktree)
    #expect(results.map(\.merged) == [true, false, false, true])
    #expect(results[1].conflicts == [.init(file: "a.txt", with: "a")])
    #expect(
      results[1].note?.hasPrefix(
        "not merged: it conflicts with 'a' in a.txt; its changes are on the branch agentscript/b:") == true)
    #expect(results[2].note?.hasPrefix("not merged: it is built on the work of 'b', which was not;") == true)
    #expect(bench.read("a.txt") == "A\n" && bench.read("b.txt") == "1\n" && bench.read("d.txt") == "D\n")
    #expect(try bench.git("status --porcelain") == "")
    #expect(try bench.remains.sorted() == ["agentscript/b", "agentscript/on-b"])
  }

  @Test func aConflictWithTheUsersOwnCommitNamesTheBranch() async throws {
    let bench = try WorktreeBench()
    let a = try await bench.work("a", ["a.txt": "A\n"])
    try bench.write("USER\n", to: "a.txt")
    try bench.git("commit -qam theirs")
    let head = try bench.git("rev-parse HEAD")
    let result = await bench.worktrees.merge([a])[0].worktree
    #expect(result.conflicts == [.init(file: "a.txt", with: "main")] && !result.merged)
    #expect(bench.read("a.txt") == "USER\n")
    #expect(try bench.git("rev-parse HEAD") == head)
  }

  @Test func commitsOfTheUserMeanwhileAreKept() async throws {
    let bench = try WorktreeBench()
    let a = try await bench.work("a", ["b.txt": "A\n"])
    try bench.write("USER\n", to: "a.txt")
    try bench.git("commit -qam theirs")
    #expect(await bench.worktrees.merge([a])[0].worktree.merged)
    #expect(bench.read("a.txt") == "USER\n" && bench.read("b.txt") == "A\n")
    #expect(
      try bench.git("log --format=%s").split(separator: "\n") == [
        "Merge the work of task 'a'", "theirs", "Task 'a'", "first",
      ]
        || bench.git("log --format=%s").contains("theirs"))
  }

  // MARK: Nothing of the user's is overwritten

  /// What stands in the way of a work that changes a.txt and adds new.txt, and what it says afterwards.
  static let obstacles: [(make: String, file: String, text: String)] = [
    ("echo mine >> a.txt", "a.txt", "one\ntwo\nthree\nmine\n"),
    ("echo mine >> a.txt && git add a.txt", "a.txt", "one\ntwo\nthree\nmine\n"),
    ("echo mine > new.txt", "new.txt", "mine\n"),
    ("echo new.txt > .git/info/exclude && echo ignored > new.txt", "new.txt", "ignored\n"),
    ("mkdir new.txt && echo inner > new.txt/x", "new.txt/x", "inner\n"),
    ("rm a.txt && mkdir a.txt && echo inner > a.txt/x", "a.txt/x", "inner\n"),
    (
      "git config merge.autoStash true && git config merge.ff false && echo mine >> a.txt", "a.txt",
      "one\ntwo\nthree\nmine\n"
    ),
  ]

  @Test(arguments: 0..<7) func filesInTheWayAreLeftAlone(_ number: Int) async throws {
    let obstacle = WorktreeTests.obstacles[number]
    let bench = try WorktreeBench()
    let a = try await bench.work("a", ["a.txt": "A\n", "new.txt": "A\n"])
    try bench.sh("cd \"$0\" && \(obstacle.make)", bench.top)
    let before = try bench.git("rev-parse HEAD && git status --porcelain --ignored && git stash list")
    let result = await bench.worktrees.merge([a])[0].worktree
    #expect(!result.merged && result.stage == .settled)
    let note = try #require(result.note)
    #expect(note.contains("'git merge agentscript/a' takes them over"), "\(note)")
    #expect(bench.read(obstacle.file) == obstacle.text)
    #expect(try bench.git("rev-parse HEAD && git status --porcelain --ignored && git stash list") == before)
    #expect(try bench.remains == ["agentscript/a"])
  }

  @Test func changesThatAreNotInTheWayStayAsTheyAre() async throws {
    let bench = try WorktreeBench(files: ["a.txt": "a\n", "mine.txt": "m\n", "staged.txt": "s\n"])
    try bench.sh(
      "cd \"$0\" && echo mine >> mine.txt && echo s2 >> staged.txt && git add staged.txt && echo u > untracked",
      bench.top)
    let draft = try await bench.make("a")
    let warning = try #require(draft.warning)
    #expect(
      warning.hasPrefix("worktrees begin with what 'main' has committed: 3 uncommitted changes in '\(bench.top)'"))
    #expect(TestFile.text(draft.worktree.path + "/mine.txt") == "m\n")
    try bench.write("A\n", to: "a.txt", in: draft.worktree.path)
    let finished = try await bench.settle(draft)
    #expect(await bench.worktrees.merge([finished])[0].worktree.merged)
    #expect(try bench.git("status --porcelain") == " M mine.txt\nM  staged.txt\n?? untracked")
    #expect(bench.read("a.txt") == "A\n" && bench.read("mine.txt") == "m\nmine\n")
  }

  @Test func anotherBranchIsLeftAlone() async throws {
    let bench = try WorktreeBench()
    let a = try await bench.work("a", ["a.txt": "A\n"])
    try bench.git("checkout -q -b feature")
    let result = await bench.worktrees.merge([a])[0].worktree
    #expect(result.note?.hasPrefix("not merged: 'feature' is checked out now, and it was 'main';") == true, "\(result)")
    #expect(bench.read("a.txt") == "one\ntwo\nthree\n")
  }

  @Test func anUnfinishedMergeIsLeftAlone() async throws {
    let bench = try WorktreeBench(files: ["a.txt": "a\n", "b.txt": "b\n"])
    let a = try await bench.work("a", ["a.txt": "A\n"])
    try bench.git(
      "checkout -q -b side && echo x > b.txt && git commit -qam x && git checkout -q main && echo y > b.txt && git commit -qam y && ! git merge side"
    )
    let before = try bench.git("status --porcelain")
    let result = await bench.worktrees.merge([a])[0].worktree
    #expect(result.note?.hasPrefix("not merged: a merge is under way in") == true, "\(result)")
    #expect(try bench.git("status --porcelain") == before)
  }

  @Test func hooksOfTheUserDoNotRun() async throws {
    let bench = try WorktreeBench()
    try bench.sh(
      "cd \"$0/.git/hooks\" && for h in post-checkout post-merge pre-commit commit-msg post-commit reference-transaction; do printf '#!/bin/sh\\necho ran >> %s/hooked\\nexit 1\\n' \"$1\" > $h; chmod +x $h; done",
      bench.top, bench.scratch.path)
    let a = try await bench.work("a", ["a.txt": "A\n"])
    #expect(await bench.worktrees.merge([a])[0].worktree.merged)
    #expect(!bench.exists(bench.scratch.path + "/hooked"))
  }

  @Test func twoRunsMergeIntoOneCheckout() async throws {
    let bench = try WorktreeBench()
    let other = Worktrees(bench.state, run: .random()) { JobEnvironment() }
    let works = try await [bench.work("a", ["1.txt": "A\n"]), bench.work("b", ["2.txt": "B\n"])]
    async let one = bench.worktrees.merge([works[0]])
    async let two = other.merge([works[1]])
    let results = await one + two
    #expect(results.allSatisfy { $0.worktree.merged }, "\(results.map(\.worktree.note))")
    #expect(bench.read("1.txt") + bench.read("2.txt") == "A\nB\n")
    #expect(try bench.git("status --porcelain") == "")
  }

  @Test func aLockOfSomebodyElseIsWaitedFor() async throws {
    let bench = try WorktreeBench()
    let a = try await bench.work("a", ["a.txt": "A\n"])
    let lock = "\(bench.top)/.git/index.lock"
    try bench.sh(": > \"$0\"", lock)
    async let results = bench.worktrees.merge([a])
    try await Task.sleep(for: .milliseconds(300))
    #expect(bench.read("a.txt") == "one\ntwo\nthree\n")
    unlink(lock)
    #expect(await results[0].worktree.merged)
  }
}
