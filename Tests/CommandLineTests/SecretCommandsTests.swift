import Foundation
import Jobs
import Testing

/// Secrets on the way through commands: what these put down and show themselves.
@Suite struct SecretCommandsTests {
  private static let secret = "s3cret-0123456789"
  private static let shell = "DEPLOY_TOKEN='\(secret)' exec \"$0\" \"$@\""

  @Test func theResultOfALostJobHoldsNone() async throws {
    let program = Program()
    let jobs = try SampleJobs(
      program.state, owner: ProcessIdentity(pid: 1 << 22, started: 1, boot: ProcessIdentity.bootID()))
    let long = String(repeating: "token \(Self.secret) ", count: 3_000)
    _ = try await jobs.running("left-behind", output: long)
    jobs.registry.close()
    let list = program.run("jobs", through: Self.shell)
    #expect(list.code == 0 && list.text.contains("lost"), "\(list.errors)")
    let id = try JobID(validating: "left-behind")
    let page = try String(contentsOfFile: program.state.file(.result, of: id), encoding: .utf8)
    #expect(page.contains("[redacted DEPLOY_TOKEN]") && !page.contains(Self.secret.prefix(8)))
    for arguments in [["results", "left-behind"], ["results", "--json", "left-behind"], ["show", "left-behind"]] {
      let shown = program.start(arguments, through: Self.shell)()
      #expect(shown.text.contains("[redacted DEPLOY_TOKEN]") && !shown.text.contains(Self.secret.prefix(8)))
    }
    let log = program.run("logs", "left-behind", through: Self.shell)
    #expect(log.text.contains(Self.secret), "the log is the job's own")
  }

  @Test func theReasonOfAKillHoldsNone() async throws {
    let program = Program()
    let jobs = try SampleJobs(program.state)
    _ = try await jobs.running("busy")
    let kill = program.run("kill", "busy", "--timeout", "50ms", "--reason", "saw \(Self.secret)", through: Self.shell)
    #expect(kill.code == 124, "nobody runs it")
    let wishes = try jobs.registry.pendingCancelRequests(run: jobs.run.id)
    #expect(wishes.map(\.reason) == ["saw [redacted DEPLOY_TOKEN]"])
    jobs.registry.close()
  }
}
