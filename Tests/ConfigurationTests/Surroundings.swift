import Configuration
import Foundation
import Testing

/// A home and a project in a folder of their own.
final class Surroundings {
  let root: String
  var environment: [String: String]

  var home: String { root + "/home" }
  var project: String { root + "/project" }
  var userFile: String { home + "/.config/agentscript/config.lua" }
  var projectFile: String { project + "/.agentscript/config.lua" }
  var store: String { home + "/.local/state/agentscript/trust.json" }

  init() {
    root = NSTemporaryDirectory() + "agentscript-settings-\(UUID().uuidString)"
    environment = ["HOME": root + "/home"]
    for folder in [home, project] {
      try? FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    }
  }

  deinit { try? FileManager.default.removeItem(atPath: root) }

  var places: SettingsPlaces { SettingsPlaces(environment: environment, project: project) }

  /// Writes a file, and the folders above it.
  func write(_ path: String, _ text: String) throws {
    let folder = (path as NSString).deletingLastPathComponent
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    try Data(text.utf8).write(to: URL(fileURLWithPath: path))
  }

  func link(_ path: String, to target: String) throws {
    try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: target)
  }

  func chmod(_ path: String, _ mode: Int) throws {
    try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
  }

  /// The user's file, without its `return`.
  func user(_ table: String) throws { try write(userFile, "return \(table)") }

  /// The project's file, without its `return`.
  func project(_ table: String) throws { try write(projectFile, "return \(table)") }

  /// Trusts the project as it is.
  func trust() throws {
    let proposal = try #require(try ProjectTrust.proposal(places))
    #expect(proposal.contents.problems.isEmpty)
    try TrustStore(path: store).set(proposal.entry, for: proposal.project)
  }

  func load(_ overrides: [(path: [String], option: String, text: String)] = []) throws -> Settings {
    try Settings.load(places, overrides: overrides)
  }

  /// What loading says is wrong.
  func problem() -> String {
    do throws(SettingsError) {
      _ = try Settings.load(places)
      return "nothing"
    } catch {
      return error.description.replacing(root + "/", with: "")
    }
  }

  /// The value that is told for a key, and its origin.
  func explained(_ key: String) throws -> String? {
    try load().explain().first { $0.key == key }.map { "\($0.value) | \($0.origin.replacing(root + "/", with: ""))" }
  }
}
