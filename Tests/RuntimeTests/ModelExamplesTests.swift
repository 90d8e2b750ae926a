import Glibc
import Testing

/// scripts/examples/models, against servers that `scripts/peers` installs.
@Suite(
  .serialized,
  .enabled(
    if: ["llama", "fakellm"].allSatisfy { access(ScriptCase.repository + "/.cache/peers/installed-" + $0, R_OK) == 0 },
    "llama.cpp and fakellm are not installed: run scripts/peers"))
struct ModelExamplesTests {
  /// A model on a machine that has much else to do takes its time.
  @Test(.timeLimit(.minutes(12)), arguments: ["explore", "review", "research", "research without a model"])
  func anExampleWithModelsRuns(_ part: String) throws {
    let folder = try ScratchFolder()
    let probe = ScriptCase.repository + "/Tests/RuntimeTests/Probes/model_examples.lua"
    let run = try ProgramRun(
      [ProgramRun.agentscript, probe, part], in: folder.path,
      environment: ["AGENTSCRIPT_HOME": folder.path + "/.agentscript", "NO_COLOR": "1"], seconds: 600)
    #expect(run.exitCode == 0, "\(run.talk)")
  }
}
