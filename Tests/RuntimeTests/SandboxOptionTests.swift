import LuaBindings
import Testing

@testable import Runtime

/// The option `sandbox` as scripts give it.
@Suite struct SandboxOptionTests {
  private func read(_ value: LuaValue) throws(HostFailure) -> SandboxChoice? {
    var options = try OptionReader(LuaTable(fields: [("sandbox", value)]), subject: "task 'build'")
    return try SandboxOption.read(&options)
  }

  private func sentence(_ value: LuaValue) -> String {
    do throws(HostFailure) {
      return "accepted: \(String(describing: try read(value)))"
    } catch {
      guard case .misuse(let sentence) = error else { return "\(error)" }
      return sentence
    }
  }

  private func table(_ fields: (String, LuaValue)...) -> LuaValue { .table(LuaTable(fields: fields)) }

  private func list(_ values: LuaValue...) -> LuaValue { .table(LuaTable(array: values)) }

  @Test func absentMeansNotAskedAndFalseMeansNone() throws {
    #expect(try read(nil) == nil)
    #expect(try read(false) == SandboxChoice.none)
  }

  @Test func thePresetsAreShortForTables() throws {
    #expect(try read("read-only") == .policy(SandboxPolicy(read: nil, write: [], net: false)))
    #expect(try read("read-only") == read(table()))
    #expect(try read("workspace") == read(table(("write", list(".")))))
  }

  @Test func aTableSaysWhatIsReadWhatIsWrittenAndWhetherThereIsANetwork() throws {
    let value = table(("read", list("src", "~/data")), ("write", list("out")), ("net", true))
    #expect(try read(value) == .policy(SandboxPolicy(read: ["src", "~/data"], write: ["out"], net: true)))
  }

  @Test func anEmptyListIsNothingAndNotEverything() throws {
    guard case .policy(let policy) = try #require(try read(table(("read", list()), ("write", list())))) else {
      return #expect(Bool(false), "no policy")
    }
    #expect(policy.read == [] && policy.write == [] && !policy.net)
  }

  @Test(arguments: [true, 1, 1.5] as [LuaValue])
  func whatIsNoSandboxIsRefusedWithWhatIs(_ value: LuaValue) {
    let sentence = sentence(value)
    #expect(sentence.hasPrefix("task 'build': sandbox must be \"read-only\", \"workspace\", a table"))
    #expect(sentence.hasSuffix("not \(OptionReader.show(value))"))
  }

  @Test func aMisspeltPresetIsGuessed() {
    #expect(sentence("readonly").hasSuffix("not \"readonly\"; did you mean \"read-only\"?"))
    #expect(sentence("Workspace").hasSuffix("did you mean \"workspace\"?"))
  }

  @Test func aMisspeltKeyIsGuessed() {
    #expect(sentence(table(("wirte", list(".")))).contains("task 'build': sandbox: unknown option 'wirte'"))
    #expect(sentence(table(("wirte", list(".")))).contains("did you mean 'write'?"))
    #expect(sentence(table(("network", true))).contains("unknown option 'network'"))
    #expect(sentence(list("src")).contains("options have names"))
  }

  @Test func pathsAreStringsWithoutNUL() {
    #expect(sentence(table(("read", "src"))).contains("sandbox: read must be a list of paths"))
    #expect(sentence(table(("write", list("a", 7)))).contains("path 2 of write must be a string, not 7"))
    #expect(sentence(table(("write", list("")))).contains("path 1 of write is empty"))
    let hidden = LuaValue.string(Array("src\0/../../etc".utf8))
    #expect(sentence(table(("read", list(hidden)))).contains("path 1 of read contains a NUL byte"))
    #expect(sentence(table(("read", list(.string([0xFF]))))).contains("not UTF-8"))
    #expect(sentence(table(("read", table(("a", "b"))))).contains("must be a list of paths"))
  }

  @Test(
    arguments: [
      .string(Array("host\0.allowed.com".utf8)), "api.example.com", "::ffff:127.0.0.1", .table(LuaTable()), 1,
    ] as [LuaValue])
  func theNetworkIsThereOrNotAndHasNoListOfHosts(_ value: LuaValue) {
    #expect(sentence(table(("net", value))).contains("sandbox: net must be true or false"))
  }
}
