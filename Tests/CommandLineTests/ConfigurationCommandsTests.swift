import Foundation
import Testing

/// `config` and `trust` of the built program, in a project below a home.
@Suite struct ConfigurationCommandsTests {
  private let program = Program()
  private let inProject = "cd project && exec \"$0\" \"$@\""

  private var project: String { program.folder + "/project" }
  private var userFile: String { program.folder + "/.config/agentscript/config.lua" }
  private var store: String { program.folder + "/.local/state/agentscript/trust.json" }

  init() throws {
    try FileManager.default.createDirectory(atPath: project, withIntermediateDirectories: true)
  }

  private func write(_ path: String, _ text: String) throws {
    try FileManager.default.createDirectory(
      atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
    try Data(text.utf8).write(to: URL(fileURLWithPath: path))
  }

  private func run(_ words: String..., with variables: String = "") -> ProgramResult {
    program.start(words, through: "cd project && \(variables) exec \"$0\" \"$@\"")()
  }

  private func hash() throws -> String {
    let line = run("trust", "--show").text.split(separator: "\n").first { $0.hasPrefix("Hash:") }
    return try #require(line?.split(separator: " ").last.map(String.init))
  }

  // MARK: config

  @Test func settingsAreExplainedAndKeysAreNot() throws {
    try write(userFile, "return { router = { tier = 'fast' }, budget = { cost = 5 } }")
    let variables = "AGENTSCRIPT_BUDGET=2.5 ANTHROPIC_API_KEY=canary-0123456789"
    let shown = run("config", "--explain", with: variables)
    #expect(shown.code == 0 && shown.errors.isEmpty, "\(shown.errors)")
    for line in [
      "router.tier = \"fast\"  -- \(userFile)", "budget.cost = 2.5  -- environment: AGENTSCRIPT_BUDGET",
      "router.strategy = \"order\"  -- built in", "providers.anthropic.key = (set)  -- environment: ANTHROPIC_API_KEY",
      "providers.anthropic.base_url = \"https://api.anthropic.com\"  -- built in",
    ] { #expect(shown.text.contains(line + "\n"), "\(line)") }
    #expect(!shown.text.contains("canary"))
    #expect(run("config", "router.tier").text == "router.tier = \"fast\"\n")
    let json = run("config", "--json", "budget", with: variables)
    let list = try #require(try JSONSerialization.jsonObject(with: Data(json.output)) as? [[String: Any]])
    #expect(list.count == 1 && list[0]["value"] as? Double == 2.5 && list[0]["key"] as? String == "budget.cost")
    #expect(!run("config", "--json", with: variables).text.contains("canary"))
  }

  @Test func anUnknownSettingIsNamedWithItsNeighbour() {
    let result = run("config", "router.tir")
    #expect(result.code == 2)
    #expect(result.errors == "agentscript: there is no setting 'router.tir'; did you mean 'router.tier'?\n")
    #expect(run("config", "router.model").code == 0, "known, and not set")
  }

  @Test func aBrokenFileStopsWhatNeedsItAndNothingElse() throws {
    try write(userFile, "return { router = { strategi = 'order' } }")
    let result = run("config")
    #expect(result.code == 2 && result.text.isEmpty)
    #expect(
      result.errors
        == "agentscript: \(userFile): router.strategi is not known (it was given \"order\"); did you mean 'strategy'?\n"
    )
    #expect(run("-e", "print(1)").text == "1\n")
    #expect(run("trust", "--show").code == 0)
  }

  @Test func checkTellsAllThatIsWrong() throws {
    try write(userFile, "return { a = 1, on_ask = 2 }")
    let broken = run("config", "check")
    #expect(broken.code == 2 && broken.errors.split(separator: "\n").count == 2, "\(broken.errors)")
    try write(userFile, "return {\n x = = 1 }")
    #expect(run("config", "check").errors.contains("config.lua:2: unexpected symbol near '='"))
    try write(userFile, "return { on_ask = 'park' }")
    let good = run("config", "check")
    #expect(good.code == 0 && good.text == "\(userFile): good, 1 settings\n")
  }

  @Test func whatFilesSayIsHarmlessOnATerminal() throws {
    try write(userFile, "return { ['\\27]0;title\\7'] = '\\27[2J' }")
    let result = run("config")
    #expect(result.code == 2 && !result.errors.contains("\u{1B}") && result.errors.contains("\\x1b"))
    try write(userFile, "return { router = { model = 'a\\u{202e}\\27[2J' } }")
    #expect(!run("config", "--explain").text.utf8.contains(0x1B))
    try write(project + "/.claude/agents/\u{1B}[2Jx.md", "\u{1B}[31mred\u{07}")
    try write(project + "/.agentscript/config.lua", "return { agents = { a = { system = '\\27[2J' } } }")
    let shown = run("trust", "--show")
    #expect(shown.code == 0 && !shown.text.utf8.contains(0x1B) && !shown.text.utf8.contains(0x07))
  }

  @Test func routesAreImported() throws {
    try write(
      project + "/routes.json",
      #"{"tieredRouting": {"routes": {"raya": {"agent": "raya", "workdir": "/w", "memory": "/m.md", "port": 1}}}}"#)
    let shown = run("config", "import", "routes.json")
    #expect(shown.code == 0 && shown.text.contains("raya = {") && shown.text.contains("workdir = \"/w\""))
    #expect(shown.errors == "agentscript: routes.raya.port is not taken over\n")
    #expect(!FileManager.default.fileExists(atPath: userFile))
    #expect(run("config", "import", "--write", "routes.json").text == "\(userFile): 1 agents\n")
    #expect(run("config", "agents").text.contains("agents.raya.memory = \"/m.md\""))
    let again = run("config", "import", "--write", "routes.json")
    #expect(again.code == 2 && again.errors.contains("cannot be written: file exists"), "\(again.errors)")
    let missing = run("config", "import", "nowhere.json")
    #expect(
      missing.code == 2 && missing.errors == "agentscript: nowhere.json: cannot be read: no such file or directory\n")
  }

  // MARK: trust

  @Test func withoutATerminalNothingIsTrustedUnseen() throws {
    try write(project + "/.agentscript/config.lua", "return { limits = { max_turns = 3 } }")
    let plain = run("trust")
    #expect(plain.code == 2 && plain.errors.contains("nobody can be asked without a terminal"))
    #expect(run("trust", "--yes").code == 2)
    let short = try String(hash().prefix(12))
    #expect(run("trust", "--yes", "--hash", short).code == 1)
    #expect(run("trust", "--hash", short).code == 2)
    #expect(!FileManager.default.fileExists(atPath: store))
    #expect(run("config", "limits.max_turns").text == "limits.max_turns = 50\n")
  }

  @Test func withTheHashItIsTrustedUntilAByteChanges() throws {
    try write(project + "/.agentscript/config.lua", "return { limits = { max_turns = 3 } }")
    let before = run("config", "limits.max_turns")
    #expect(before.errors.contains("do not count until you trust them: agentscript trust"))
    let trusted = try run("trust", "--yes", "--hash", hash())
    #expect(trusted.code == 0 && trusted.errors.contains("is trusted as it is now"))
    #expect(run("config", "limits.max_turns").text == "limits.max_turns = 3\n")
    var info = stat()
    #expect(stat(store, &info) == 0 && info.st_mode & 0o777 == 0o600)
    #expect(run("trust").errors.contains("is trusted already"))
    try write(project + "/.agentscript/config.lua", "return { limits = { max_turns = 4 } }")
    let changed = run("config", "limits.max_turns")
    #expect(changed.text == "limits.max_turns = 50\n")
    #expect(changed.errors.contains(".agentscript/config.lua has changed"))
    #expect(run("trust", "--show").text.contains("State:   changed"))
    #expect(try run("trust", "--yes", "--hash", hash()).code == 0)
    #expect(run("trust", "--revoke").errors.contains("is trusted no more"))
    #expect(run("config", "limits.max_turns").text == "limits.max_turns = 50\n")
  }

  @Test func onATerminalItIsShownAndAsked() throws {
    try write(project + "/.agentscript/config.lua", "return { mcp = { m = { command = { 'evil', '--now' } } } }")
    let shell = "cd project && exec script -qec \"$0 $*\" /dev/null"
    let no = program.start(["trust"], input: "no\n", through: shell)()
    #expect(no.text.contains("mcp.m.command = { \"evil\", \"--now\" }") && no.text.contains("it is not trusted"))
    #expect(!FileManager.default.fileExists(atPath: store))
    let yes = program.start(["trust"], input: "yes\n", through: shell)()
    #expect(yes.text.contains("is trusted as it is now"), "\(yes.text)")
    #expect(run("config", "mcp").text.contains("evil"))
  }

  @Test func aJobCannotTrustForItsUser() throws {
    try write(project + "/.agentscript/config.lua", "return {}")
    let result = try run("trust", "--yes", "--hash", hash(), with: "AGENTSCRIPT_JOB_ID=x")
    #expect(result.code == 2 && result.errors.contains("a job cannot trust a project"))
  }

  @Test func linksThatLeadOutCannotBeTrusted() throws {
    try write(program.folder + "/outside.md", "x")
    try write(project + "/.claude/agents/ok.md", "x")
    try FileManager.default.createSymbolicLink(
      atPath: project + "/.claude/agents/evil.md", withDestinationPath: program.folder + "/outside.md")
    let result = try run("trust", "--yes", "--hash", hash())
    #expect(result.code == 1 && result.errors.contains("is a link that leads out of the project"))
  }

  @Test func whatIsSharedCanBeCommittedAndTheRestCannot() throws {
    try write(project + "/.agentscript/config.lua", "return {}")
    try write(project + "/.agentscript/agents/deep/a.md", "x")
    try write(project + "/.agentscript/agents/notes.txt", "x")
    // The state folder is the project's own here.
    let script = """
      cd project && chmod 700 .agentscript && unset AGENTSCRIPT_HOME && git init -q . &&
      "$0" -e 'task{command = "true"}' 2>/dev/null; git add -A . && git ls-files
      """
    let result = program.start([], through: script)()
    #expect(
      result.text == ".agentscript/agents/deep/a.md\n.agentscript/config.lua\n", "\(result.text) \(result.errors)")
  }
}
