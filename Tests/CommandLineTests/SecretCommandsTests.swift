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

/// Secrets that the configuration lists.
@Suite struct ListedSecretsTests {
  @Test func theConfigurationListsMore() async throws {
    let program = Program()
    let folder = program.folder + "/.config/agentscript"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    try Data("return { secrets = { 'CUSTOMER' } }".utf8).write(to: URL(fileURLWithPath: folder + "/config.lua"))
    let jobs = try SampleJobs(program.state)
    _ = try await jobs.running("busy")
    let shell = "CUSTOMER=acme-industries exec \"$0\" \"$@\""
    let kill = program.run("kill", "busy", "--timeout", "50ms", "--reason", "for acme-industries", through: shell)
    #expect(kill.code == 124, "nobody runs it")
    #expect(try jobs.registry.pendingCancelRequests(run: jobs.run.id).map(\.reason) == ["for [redacted CUSTOMER]"])
    jobs.registry.close()
    #expect(program.run("doctor", through: shell).text.contains("kept out of records: CUSTOMER"))
    try Data("return { secret = { 'CUSTOMER' } }".utf8).write(to: URL(fileURLWithPath: folder + "/config.lua"))
    let doctor = program.run("doctor", through: shell)
    #expect(doctor.text.contains("secret is not known") && doctor.text.contains("did you mean 'secrets'?"))
  }
}
