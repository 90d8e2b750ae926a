import FoundationEssentials
import Testing

@testable import Models

@Suite struct GateFileTests {
  private func folder() -> String {
    FileManager.default.temporaryDirectory.appending(path: "gate-\(UUID().uuidString)").path
  }

  @Test func WhatOneWritesTheOtherReads() throws {
    let folder = folder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let one = try GateFile(folder: folder, provider: "anthropic", key: "sk-secret")
    let two = try GateFile(folder: folder, provider: "anthropic", key: "sk-secret")
    let other = try GateFile(folder: folder, provider: "anthropic", key: "sk-other")
    var first = GateState()
    var second = GateState()
    _ = try one.exchange { first.exchange(with: &$0, member: 1, now: .zero) }
    _ = first.ask(GateCall(id: 1, model: "m"), now: .zero)
    _ = first.ended(
      1, .failed(ProviderError(kind: .overloaded, message: "", retryAfter: .seconds(9))), now: .seconds(1), jitter: 0)
    #expect(first.needsExchange)
    _ = try one.exchange { first.exchange(with: &$0, member: 1, now: .seconds(1)) }
    _ = try two.exchange { second.exchange(with: &$0, member: 2, now: .seconds(2)) }
    #expect(
      second.ask(GateCall(id: 1, model: "m"), now: .seconds(2)) == [
        .wait(1, GateWait(.overloaded, until: .seconds(10)))
      ])
    #expect(try other.exchange { $0 } == SharedGate())
    let files = try FileManager.default.contentsOfDirectory(atPath: folder + "/gates")
    #expect(files.count == 2 && files.allSatisfy { $0.hasPrefix("anthropic-") && !$0.contains("sk") })
    for file in files {
      let path = folder + "/gates/" + file
      let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
      #expect(mode == 0o600)
      let text = String(decoding: try Data(contentsOf: URL(filePath: path)), as: UTF8.self)
      #expect(!text.contains("secret") && !text.contains("other"))
    }
  }

  @Test func NoExchangeIsLostAmongMany() async throws {
    let folder = folder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    // Each has a descriptor of its own, as another process would: the lock belongs to the open file.
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<8 {
        group.addTask {
          let file = try GateFile(folder: folder, provider: "p", key: "k")
          for _ in 0..<200 { try file.exchange { $0.news += 1 } }
        }
      }
      try await group.waitForAll()
    }
    #expect(try GateFile(folder: folder, provider: "p", key: "k").exchange { $0.news } == 1600)
  }

  @Test func BrokenTextIsAnOpenGate() throws {
    #expect(SharedGate(bytes: Array("{\"version\":1,\"shut".utf8)) == SharedGate())
    #expect(SharedGate(bytes: Array("{\"version\":2,\"shut_until\":5}".utf8)) == SharedGate())
    #expect(SharedGate(bytes: []) == SharedGate())
    var gate = SharedGate()
    gate.shutUntil = .seconds(5)
    gate.reason = .quota
    gate.strikes = 3
    gate.news = 9
    gate.probe = SharedGate.Probe(member: .max, until: .seconds(7))
    gate.members = [1: .seconds(1), .max: .milliseconds(1)]
    #expect(SharedGate(bytes: gate.bytes) == gate)
  }

  @Test func ALinkInItsPlaceIsRefused() throws {
    let folder = folder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try FileManager.default.createDirectory(atPath: folder + "/gates", withIntermediateDirectories: true)
    let path = folder + "/gates/" + GateFile.name(provider: "p", key: "k")
    try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: "/etc/passwd")
    #expect(throws: GateFile.Fault.self) { try GateFile(folder: folder, provider: "p", key: "k") }
  }
}
