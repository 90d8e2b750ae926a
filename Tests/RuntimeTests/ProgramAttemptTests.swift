import Glibc
import Jobs
import Testing

@testable import Runtime

/// What becomes of gates and second copies when the program ends, in whichever way.
@Suite struct ProgramAttemptTests {
  private static let script = """
    wait {
      spawn { id = "gated", command = "true", gate = "(setsid sleep 600 &) ; echo x > gate; sleep 600" },
      spawn { id = "hedged", command = "(setsid sleep 600 &) ; echo x > copy$AGENTSCRIPT_COPY; sleep 600", hedge = 50 },
    }
    """

  private func survivors(_ home: String) -> [pid_t] {
    let mark = Array("AGENTSCRIPT_HOME=\(home)".utf8)
    return ProcFiles.processes().filter { pid in
      ProcFiles.environment(of: pid, holdsAll: [mark]) && ProcFiles.status(of: pid)?.hasEnded == false
    }
  }

  /// -9: the runtime alone is killed; else the program gets the signal.
  @Test(arguments: [SIGKILL, SIGINT, SIGTERM]) func theyEndWithTheProgram(_ signal: Int32) async throws {
    let folder = try ScratchFolder()
    let home = folder.path + "/state"
    let file = try folder.write(Self.script, to: "attempts.lua")
    let program = try LiveProgram(
      [ProgramRun.agentscript, "run", "--quiet", file], in: folder.path, environment: ["AGENTSCRIPT_HOME": home])
    let isArmed = await eventually(within: Load.stretched(.seconds(20))) {
      ["gate", "copy1", "copy2"].allSatisfy { access("\(folder.path)/\($0)", F_OK) == 0 }
    }
    try #require(isArmed)
    #expect(survivors(home).count >= 7)
    kill(try #require(signal == SIGKILL ? program.runtime : program.pid), signal)
    let code = await program.end(within: .seconds(30))
    #expect(code == 128 + signal)
    #expect(await eventually(within: Load.stretched(.seconds(3))) { survivors(home).isEmpty })
    let registry = try Registry.open(StateDirectory(path: home))
    defer { registry.close() }
    _ = try registry.reconcile()
    for id in ["gated", "hedged"] {
      #expect(try registry.job(try JobID(validating: id))?.status == (signal == SIGKILL ? .lost : .cancelled))
    }
  }
}
