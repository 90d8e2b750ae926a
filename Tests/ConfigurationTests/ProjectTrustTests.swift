import Foundation
import Models
import Testing

@testable import Configuration

/// What of a project counts, and when.
@Suite struct ProjectTrustTests {
  @Test func aProjectThatNobodyTrustsIsNotEvenRead() throws {
    let world = Surroundings()
    // Reading it would be an error, and so would not being able to.
    try world.project("{ nonsense = }")
    try world.chmod(world.projectFile, 0)
    let settings = try world.load()
    #expect(!settings.projectIsTrusted)
    #expect(
      settings.notes == [
        "this project has settings or agents of its own, which do not count until you trust them: agentscript trust"
      ])
  }

  @Test func aProjectWithoutAnythingIsNotSpokenOf() throws {
    #expect(try Surroundings().load().notes.isEmpty)
  }

  @Test func aTrustedProjectCounts() throws {
    let world = Surroundings()
    try world.project("{ limits = { max_turns = 5 } }")
    try world.trust()
    let settings = try world.load()
    #expect(settings.projectIsTrusted && settings.notes.isEmpty)
    #expect(settings.limits.maxTurns == 5)
    #expect(try world.explained("limits.max_turns") == "5 | project/.agentscript/config.lua")
  }

  @Test(arguments: [
    ".agentscript/config.lua", ".agentscript/agents/deep/er/a.md", ".claude/agents/b.md", ".opencode/agent/c.md",
    ".opencode/agents/d.txt", ".agentscript/agents/.hidden", "tools/server.py", "prompts/base.txt",
  ])
  func oneChangedByteAsksAgainAndSoDoesAFileThatIsGone(_ path: String) throws {
    let world = Surroundings()
    try world.project("{ mcp = { s = { command = { 'python3', 'server.py' }, cwd = 'tools' } } }")
    for path in [
      ".agentscript/agents/deep/er/a.md", ".claude/agents/b.md", ".opencode/agent/c.md", ".opencode/agents/d.txt",
      ".agentscript/agents/.hidden", "tools/server.py",
    ] { try world.write(world.project + "/" + path, "text of \(path)\n") }
    // What an agent's file names is a part of it.
    try world.write(world.project + "/prompts/base.txt", "a prompt\n")
    try world.write(
      world.project + "/.opencode/agent/c.md",
      "---\nprompt: '{file: ../../prompts/base.txt }'\n---\n{file:} {file:no\n}")
    try world.trust()
    #expect(try world.load().projectIsTrusted)
    let file = world.project + "/" + path
    let before = try #require(FileManager.default.contents(atPath: file))
    var changed = before
    changed[changed.count - 1] ^= 1
    try changed.write(to: URL(fileURLWithPath: file))
    let settings = try world.load()
    #expect(!settings.projectIsTrusted && settings.servers.isEmpty)
    #expect(settings.notes.first?.contains("\(path) has changed") == true, "\(settings.notes)")
    try before.write(to: URL(fileURLWithPath: file))
    #expect(try world.load().projectIsTrusted)
    try FileManager.default.removeItem(atPath: file)
    #expect(try world.load().notes.first?.contains("\(path) is gone") == true)
  }

  @Test(arguments: [".agentscript/agents/new.md", ".claude/agents/sub/new.md", ".opencode/agents/new.md"])
  func aNewFileAsksAgain(_ path: String) throws {
    let world = Surroundings()
    try world.project("{}")
    try world.trust()
    try world.write(world.project + "/" + path, "")
    let settings = try world.load()
    #expect(!settings.projectIsTrusted)
    #expect(settings.notes.first?.contains("\(path) is new") == true)
  }

  @Test func whatAnotherJobWritesBesideDoesNotAsk() throws {
    let world = Surroundings()
    try world.project("{}")
    try world.trust()
    try world.write(world.project + "/.agentscript/jobs/a.log", "x")
    try world.write(world.project + "/src/a.swift", "x")
    #expect(try world.load().projectIsTrusted)
  }

  @Test func linksOutOfTheProjectAreNeverTrusted() throws {
    let world = Surroundings()
    try world.write(world.root + "/outside.md", "x")
    try world.write(world.project + "/.claude/agents/ok.md", "x")
    try FileManager.default.createSymbolicLink(
      atPath: world.project + "/.claude/agents/evil.md", withDestinationPath: world.root + "/outside.md")
    let proposal = try #require(try ProjectTrust.proposal(world.places))
    #expect(proposal.contents.problems == [".claude/agents/evil.md is a link that leads out of the project"])
    // Even if somebody wrote it down.
    try TrustStore(path: world.store).set(proposal.entry, for: proposal.project)
    #expect(try !world.load().projectIsTrusted)
  }

  @Test func aLinkedFolderOutsideIsNotTrustedEither() throws {
    let world = Surroundings()
    try world.write(world.root + "/outside/config.lua", "return {}")
    try FileManager.default.createSymbolicLink(
      atPath: world.project + "/.agentscript", withDestinationPath: world.root + "/outside")
    let proposal = try #require(try ProjectTrust.proposal(world.places))
    #expect(proposal.contents.problems == [".agentscript/config.lua is a link that leads out of the project"])
  }

  @Test func linksWithinTheProjectCountByWhatIsBehindThem() throws {
    let world = Surroundings()
    try world.write(world.project + "/.claude/agents/a.md", "one")
    try FileManager.default.createDirectory(atPath: world.project + "/.opencode", withIntermediateDirectories: true)
    try FileManager.default.createSymbolicLink(
      atPath: world.project + "/.opencode/agents", withDestinationPath: "../.claude/agents")
    try world.trust()
    #expect(try world.load().projectIsTrusted)
    try world.write(world.project + "/.claude/agents/a.md", "two")
    #expect(try !world.load().projectIsTrusted)
  }

  @Test func linksInACircleEnd() throws {
    let world = Surroundings()
    try world.write(world.project + "/.claude/agents/a.md", "one")
    for name in ["x", "y", "z"] {
      try FileManager.default.createSymbolicLink(
        atPath: world.project + "/.claude/agents/\(name)", withDestinationPath: ".")
    }
    let proposal = try #require(try ProjectTrust.proposal(world.places))
    #expect(!proposal.contents.problems.isEmpty)
  }

  @Test func aPipeInAFilesPlaceStopsNobody() throws {
    let world = Surroundings()
    try world.write(world.project + "/.claude/agents/a.md", "one")
    #expect(mkfifo(world.project + "/.claude/agents/b.md", 0o600) == 0)
    let proposal = try #require(try ProjectTrust.proposal(world.places))
    #expect(proposal.contents.problems == [".claude/agents/b.md is neither a file nor a folder"])
  }

  @Test(.enabled(if: geteuid() == 0)) func filesOfOtherUsersAreNeverTrusted() throws {
    let world = Surroundings()
    try world.write(world.project + "/.claude/agents/a.md", "one")
    #expect(chown(world.project + "/.claude/agents/a.md", 12345, 12345) == 0)
    let proposal = try #require(try ProjectTrust.proposal(world.places))
    #expect(proposal.contents.problems == [".claude/agents/a.md belongs to another user"])
  }

  @Test func theStoreIsOfThisUserAlone() throws {
    let world = Surroundings()
    try world.project("{}")
    try world.trust()
    var info = stat()
    #expect(stat(world.store, &info) == 0 && info.st_mode & 0o777 == 0o600)
    #expect(stat((world.store as NSString).deletingLastPathComponent, &info) == 0 && info.st_mode & 0o777 == 0o700)
    try world.chmod(world.store, 0o666)
    let settings = try world.load()
    #expect(!settings.projectIsTrusted)
    #expect(settings.notes.first?.contains("is not a file that only you can write") == true)
  }

  @Test func aDamagedStoreTrustsNothing() throws {
    let world = Surroundings()
    try world.project("{}")
    try world.write(world.store, "{ not json")
    try world.chmod(world.store, 0o600)
    #expect(try !world.load().projectIsTrusted)
  }

  @Test func trustIsTakenBackAndOthersKeepTheirs() throws {
    let world = Surroundings()
    try world.project("{}")
    try world.trust()
    let store = TrustStore(path: world.store)
    try store.set(TrustStore.Entry(hash: "x", files: [:], also: []), for: "/elsewhere")
    try store.set(nil, for: try #require(try ProjectTrust.proposal(world.places)).project)
    #expect(try !world.load().projectIsTrusted)
    #expect(try store.entry("/elsewhere")?.hash == "x")
  }

  @Test func theHashIsTheSameWhereverTheProjectIs() throws {
    let (one, other) = (Surroundings(), Surroundings())
    for world in [one, other] {
      try world.project("{ max_concurrent = 3 }")
      try world.write(world.project + "/.claude/agents/a.md", "one")
    }
    let hash = try #require(try ProjectTrust.proposal(one.places)).entry.hash
    #expect(try ProjectTrust.proposal(other.places)?.entry.hash == hash)
    #expect(hash.utf8.count == 64)
  }

  @Test func theHomeFolderIsNoProject() {
    let places = SettingsPlaces(from: "/nowhere/home", environment: ["HOME": "/nowhere/home"])
    #expect(places.project == nil)
    #expect(
      SettingsPlaces(from: "/nowhere/home/x", environment: ["HOME": "/nowhere/home"]).project == "/nowhere/home/x")
  }
}
