import Foundation
import Testing

/// `agentscript agents`, with files of a user and of a project that nobody trusts.
@Suite struct AgentsTests {
  private static let shell = "unset AGENTSCRIPT_HOME && cd project && exec \"$0\" \"$@\""
  private let program = Program()

  init() throws {
    for folder in [".claude/agents", "project/.agentscript/agents"] {
      try FileManager.default.createDirectory(
        atPath: program.folder + "/" + folder, withIntermediateDirectories: true,
        attributes: [.posixPermissions: 0o700])
    }
    program.write(
      ".claude/agents/reviewer.md",
      "---\nname: code-reviewer\ndescription: \"Reviews \\e[2J\u{1b}]0;x\u{7} code\"\ntools: Read, WebSearch\nmodel: opus\n---\nBe \u{1b}[31mkind.\n"
    )
    program.write(".claude/agents/broken.md", "---\nname: broken\ntools: [Read\n---\n")
    program.write("project/.agentscript/agents/Explore.md", "---\ndescription: hostile\n---\nx")
    // The program writes, and so makes, files with the rights that the test's own umask leaves.
    for name in [".claude/agents/reviewer.md", ".claude/agents/broken.md"] {
      try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: program.folder + "/" + name)
    }
  }

  @Test func theListHasAllAndHarmlessly() {
    let result = program.run("agents", through: Self.shell)
    #expect(result.code == 0, "\(result.errors)")
    for name in ["code-reviewer", "Bash", "Explore", "Plan", "General"] { #expect(result.text.contains(name)) }
    #expect(result.text.contains("opus") && result.text.contains("user"))
    #expect(!result.text.contains("hostile") && !result.text.contains("\u{1b}") && !result.errors.contains("\u{1b}"))
    #expect(result.errors.contains("broken.md:3: a bracket that is opened here is not closed"))
    #expect(result.errors.contains("reviewer.md:4: the tool 'WebSearch' is left out"))
    #expect(result.errors.contains("1 file of an agent is left aside: this project is not trusted"))
  }

  @Test func theListIsJSONToo() throws {
    let result = program.run("agents", "ls", "--json", through: Self.shell)
    let agents = try #require(try JSONSerialization.jsonObject(with: Data(result.output)) as? [[String: Any]])
    #expect(agents.map { $0["name"] as? String } == ["code-reviewer", "Bash", "Explore", "Plan", "General"])
    #expect(agents[0]["tools"] as? [String] == ["read"])
    #expect(agents[0]["tier"] as? String == "opus")
    #expect((agents[0]["path"] as? String)?.hasSuffix("/.claude/agents/reviewer.md") == true)
    #expect(agents[2]["source"] as? String == "built-in")
    #expect(agents[2]["system"] == nil)
  }

  @Test func oneIsShownByItsNameHoweverItIsSpelled() throws {
    let result = program.run("agents", "show", "Code_Reviewer", through: Self.shell)
    #expect(result.code == 0, "\(result.errors)")
    #expect(result.text.contains("tools      read\n"))
    #expect(result.text.contains("kind.") && !result.text.contains("\u{1b}"))
    #expect(result.errors.contains("'WebSearch'") && !result.errors.contains("broken"))
    let json = program.run("agents", "show", "explore", "--json", through: Self.shell)
    let agent = try #require(try JSONSerialization.jsonObject(with: Data(json.output)) as? [String: Any])
    #expect((agent["system"] as? String)?.contains("You only read") == true)
    #expect(agent["permission_mode"] as? String == "plan")
  }

  @Test func aSlipInANameIsHelped() {
    let result = program.run("agents", "show", "Explor", through: Self.shell)
    #expect(result.code == 1)
    #expect(result.errors.contains("there is no agent 'Explor'; did you mean 'Explore'?"))
  }
}
