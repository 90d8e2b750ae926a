import Testing

/// The script API and the library, tested by scripts in the program itself, each in an empty folder of its own.
@Suite struct ScriptTests {
  @Test(arguments: ScriptCase.all) func aScriptEndsAsItSays(_ script: ScriptCase) throws {
    let folder = try ScratchFolder()
    let way = script.options.isEmpty ? [] : ["run"] + script.options
    let run = try ProgramRun(
      [ProgramRun.agentscript] + way + [script.path] + script.arguments, in: folder.path,
      environment: ["AGENTSCRIPT_HOME": folder.path + "/.agentscript", "NO_COLOR": "1"])
    #expect(run.exitCode == script.exitCode, "\(run.talk)")
    for text in script.expectedOutput { #expect(run.output.contains(text)) }
    for text in script.expectedTalk { #expect(run.talk.contains(text)) }
    for text in script.unexpectedTalk { #expect(!run.talk.contains(text)) }
  }

  @Test func thereAreScripts() { #expect(ScriptCase.all.count > 5) }
}
