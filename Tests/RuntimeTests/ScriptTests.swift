import Testing

/// The script API and the library, tested by scripts in the program itself, each in an empty folder of its own.
@Suite struct ScriptTests {
  @Test(arguments: ScriptCase.all) func aScriptEndsAsItSays(_ script: ScriptCase) throws {
    try script.check()
  }

  @Test func thereAreScripts() { #expect(ScriptCase.all.count > 5) }
}
