import Testing

/// What the configuration says to agents, seen in the program itself. A mock answers for the models.
@Suite struct AgentConfigurationTests {
  private static let probes = ScriptCase.repository + "/Tests/RuntimeTests/Probes"

  private static let answers = """
    { "scenes": [
      { "containing": "sum", "replies": [
        { "tool": "mcp__adder__add", "arguments": { "a": 2, "b": 40 } }, { "text": "It is 42." } ] },
      { "containing": "listing", "replies": [
        { "steps": [ { "tool": "bash", "arguments": { "command": "echo allowed-one" } },
                     { "tool": "bash", "arguments": { "command": "rm -rf nothing" } } ] },
        { "text": "Listed." } ] },
      { "containing": "quota", "replies": [
        { "status": 429, "type": "rate_limit_error", "message": "the weekly allowance is used up", "retry_after": 90000 } ] }
    ] }
    """

  private func run(
    _ script: String, configuration: String, in folder: ScratchFolder, files: [(path: String, text: String)] = []
  ) throws -> ProgramRun {
    let file = try folder.write(script, to: "script.lua")
    let mock = try folder.write(AgentConfigurationTests.answers, to: "answers.json")
    for (path, text) in files + [("xdg/agentscript/config.lua", configuration)] {
      let parent = path[..<(path.lastIndex(of: "/") ?? path.startIndex)]
      _ = try ProgramRun(["/bin/mkdir", "-p", "\(folder.path)/\(parent)"], in: folder.path)
      _ = try folder.write(text, to: path)
    }
    return try ProgramRun(
      [ProgramRun.agentscript, file], in: folder.path,
      environment: [
        "AGENTSCRIPT_HOME": folder.path + "/.agentscript", "XDG_CONFIG_HOME": folder.path + "/xdg",
        "XDG_STATE_HOME": folder.path + "/state", "AGENTSCRIPT_MOCK": mock, "NO_COLOR": "1",
        // Never sent: the mock answers.
        "ANTHROPIC_API_KEY": "sk-of-nobody",
      ])
  }

  @Test func anAgentCallsToolsOfAServer() throws {
    let folder = try ScratchFolder()
    let run = try run(
      """
      local r = task { prompt = "the sum", agent = "General" }
      assert(r.success and r.output == "It is 42.", r.error)
      assert(read_output(r.output_file):find("the sum is 42"), read_output(r.output_file))
      -- Who only reads has no tools of servers that nobody has allowed.
      r = task { prompt = "the sum", agent = "Explore" }
      assert(not read_output(r.output_file):find("the sum is 42"))
      """,
      configuration: """
        return {
          mcp = { adder = { command = { "python3", "\(AgentConfigurationTests.probes)/mcp_server.py" } } },
          permissions = { ["mcp__adder__*"] = "allow" },
        }
        """, in: folder)
    #expect(run.exitCode == 0, "\(run.talk)")
    let left = try ProgramRun(["/bin/sh", "-c", "pgrep -f '[P]robes/mcp_server.py'"], in: folder.path)
    #expect(left.output.isEmpty, "the server is left: \(left.output)")
  }

  @Test func aCommandRunsThatTheConfigurationAllows() throws {
    let folder = try ScratchFolder()
    let run = try run(
      """
      local r = task { prompt = "a listing", agent = "General", sandbox = false }
      local log = read_output(r.output_file)
      assert(r.success and log:find("\\n  allowed%-one"), log)
      assert(log:find("not run: permission denied"), log)
      """, configuration: "return { permissions = { bash = { [\"echo *\"] = \"allow\" } } }", in: folder)
    #expect(run.exitCode == 0, "\(run.talk)")
  }

  @Test func aPermissionIsAskedForWhereTheConfigurationSaysSo() throws {
    let folder = try ScratchFolder()
    let run = try run(
      """
      local program = '\(ProgramRun.agentscript)'
      local answering = async(function()
        local id
        repeat
          sleep(20)
          id = task({ command = program .. " decisions --json" }).output:match('"id": *"(d%-%w+)"')
        until id
        assert(task({ command = program .. " answer " .. id .. " Allow" }).success)
        -- The second call of the turn is asked for, too.
        local second
        repeat
          sleep(20)
          second = task({ command = program .. " decisions --json" }).output:match('"id": *"(d%-%w+)"')
        until second and second ~= id
        assert(task({ command = program .. " answer " .. second .. " Deny" }).success)
      end)
      local r = task { prompt = "a listing", agent = "General", sandbox = false }
      local log = read_output(r.output_file)
      assert(r.success and log:find("\\n  allowed%-one"), log)
      assert(log:find("a person said no"), log)
      """, configuration: "return { on_ask = \"park\" }", in: folder)
    #expect(run.exitCode == 0, "\(run.talk)")
  }

  @Test func aRunThatOnlyWaitsForAPermissionIsParked() throws {
    let folder = try ScratchFolder()
    let run = try run(
      "task { prompt = 'a listing', agent = 'General', sandbox = false }",
      configuration: "return { on_ask = \"park\" }", in: folder)
    #expect(run.exitCode == 3, "\(run.talk)")
    #expect(run.talk.contains("wants to call bash: echo allowed-one"), "\(run.talk)")
  }

  @Test func aQuotaThatComesBackLaterParksTheRunWhereThatIsWanted() throws {
    let folder = try ScratchFolder()
    let run = try run(
      """
      task { prompt = "my quota", agent = "Explore", model = "anthropic/claude-haiku-5-5" }
      print("not reached")
      """, configuration: "return { providers = { anthropic = { quota = \"park\" } } }", in: folder)
    #expect(run.exitCode == 3, "\(run.talk)")
    #expect(run.talk.contains("parked, waiting for a quota"), "\(run.talk)")
    #expect(!run.output.contains("not reached"))
  }

  @Test func agentsOfAProjectCountOnceItIsTrusted() throws {
    let folder = try ScratchFolder()
    let role = "---\nname: keeper\ndescription: keeps things\n---\nYou keep things.\n"
    let run = try run(
      """
      local r = task { prompt = "anything", agent = "keeper" }
      assert(r.status == "failed" and r.error:find("there is no agent 'keeper'"), r.error)
      """, configuration: "return {}", in: folder,
      files: [("project/.agentscript/agents/keeper.md", role), (".agentscript/agents/keeper.md", role)])
    #expect(run.exitCode == 0, "\(run.talk)")
    #expect(run.talk.contains("trust"), "\(run.talk)")
  }

  @Test func aBrokenConfigurationIsToldAndNotPassedOver() throws {
    let folder = try ScratchFolder()
    let run = try run(
      "task { command = 'true' }", configuration: "return { max_concurent = 3 }", in: folder)
    #expect(run.exitCode == 1)
    #expect(run.talk.contains("max_concurent") && run.talk.contains("max_concurrent"), "\(run.talk)")
  }

  /// The commands themselves see whether another one runs: a slot may be passed on before the end of its job is told.
  @Test(arguments: [("return { max_concurrent = 1 }", 0, "with 1 slot"), ("return {}", 1, "with 10 slots")])
  func theConfigurationSaysHowManyRunAtOnce(_ configuration: String, _ least: Int, _ planned: String) throws {
    let folder = try ScratchFolder()
    let run = try run(
      """
      local specs = {}
      for i = 1, 4 do specs[i] = { command = "mkdir lock || exit 1; sleep 0.3; rmdir lock" } end
      local results = task_group(specs)
      print(task_group(specs, { plan_only = true }).text)
      print("met", #results.failed)
      """, configuration: configuration, in: folder)
    let met = run.output.split(separator: "\n").last.flatMap { Int($0.split(separator: "\t").last ?? "") }
    #expect(run.output.contains("\(planned)\n") || run.output.contains("\(planned) ("), "\(run.output)")
    #expect(least == 0 ? met == 0 : met.map { $0 >= least } == true, "\(run.output) \(run.talk)")
  }
}
