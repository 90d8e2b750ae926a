// swift-tools-version: 6.2
import PackageDescription

// Every target is held to the same rules: Swift 6 mode, explicit `any`, imports that stay internal unless they are
// part of the interface, and no warning left standing.
let strict: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .treatAllWarnings(as: .error),
]

let package = Package(
  name: "agentscript",
  platforms: [.macOS(.v15)],
  products: [
    .executable(name: "agentscript", targets: ["agentscript"]),
    // For the benchmarks, which are a package of their own.
    .library(name: "Jobs", targets: ["Jobs"]),
    .library(name: "Models", targets: ["Models"]),
  ],
  dependencies: [
    .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
    .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
  ],
  targets: [
    .target(name: "CLua", linkerSettings: [.linkedLibrary("lua5.4")]),
    .target(name: "LuaBindings", dependencies: ["CLua"], swiftSettings: strict),
    .target(name: "CStorage", linkerSettings: [.linkedLibrary("z")]),
    // Regular expressions that are looked for in lines.
    .target(name: "TextPattern", swiftSettings: strict),
    .target(
      name: "Jobs",
      dependencies: [
        "Clocks", "CStorage", "TextPattern", "WireText", .product(name: "GRDB", package: "GRDB.swift"),
      ],
      swiftSettings: strict),
    .target(
      name: "Stdlib",
      path: "stdlib",
      exclude: ["_meta"],
      resources: [
        .embedInCode("env.lua"),
        .embedInCode("fs.lua"),
        .embedInCode("http.lua"),
        .embedInCode("json.lua"),
        .embedInCode("log.lua"),
        .embedInCode("path.lua"),
        .embedInCode("patterns.lua"),
        .embedInCode("shell.lua"),
        .embedInCode("time.lua"),
        .embedInCode("agentscript/api.lua"),
        .embedInCode("agentscript/arguments.lua"),
        .embedInCode("agentscript/batch.lua"),
        .embedInCode("agentscript/checkpoint.lua"),
        .embedInCode("agentscript/escalation.lua"),
        .embedInCode("agentscript/glob.lua"),
        .embedInCode("agentscript/group_results.lua"),
        .embedInCode("agentscript/launch.lua"),
        .embedInCode("agentscript/permission.lua"),
        .embedInCode("agentscript/persist.lua"),
        .embedInCode("agentscript/ralph.lua"),
        .embedInCode("agentscript/repl.lua"),
        .embedInCode("agentscript/repl_completion.lua"),
        .embedInCode("agentscript/repl_printer.lua"),
      ],
      swiftSettings: strict),
    .target(name: "CProcess"),
    .target(
      name: "Runtime",
      dependencies: [
        "Clocks", "LuaBindings", "Jobs", "Stdlib", "CProcess", "Models", "Agents", "Configuration", "TextPattern",
        "WireText",
        .product(name: "SystemPackage", package: "swift-system"),
        .product(name: "DequeModule", package: "swift-collections"),
        .product(name: "HeapModule", package: "swift-collections"),
      ],
      swiftSettings: strict),
    // Finds libcurl at its first use; nothing is linked.
    .target(name: "CCurl"),
    // Texts that travel: JSON, server-sent events. Knows nothing of us.
    .target(name: "WireText", swiftSettings: strict),
    // How tasks of Swift's wait.
    .target(name: "Clocks", swiftSettings: strict),
    .target(name: "Models", dependencies: ["CCurl", "Clocks", "WireText"], swiftSettings: strict),
    // What model agents are and do; how processes, files of jobs and scripts work it does not know.
    .target(name: "Agents", dependencies: ["Clocks", "Models", "TextPattern", "WireText"], swiftSettings: strict),
    // What the user and the project have configured: files, their layers, trust. Reads a file at its first use.
    .target(
      name: "Configuration", dependencies: ["Agents", "LuaBindings", "Models", "WireText", "Jobs"],
      swiftSettings: strict),
    // Finds libedit at its first use; nothing is linked.
    .target(name: "CLineEditor"),
    .executableTarget(
      name: "agentscript",
      dependencies: [
        "Runtime", "Jobs", "Models", "Agents", "Configuration", "WireText", "CLineEditor", "TextPattern",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: strict),
    .testTarget(name: "BindingsTests", dependencies: ["LuaBindings"], swiftSettings: strict),
    // A second process for tests of the registry.
    .executableTarget(
      name: "JobsProbe", dependencies: ["Jobs"], path: "Tests/JobsProbe", swiftSettings: strict),
    .testTarget(name: "ClocksTests", dependencies: ["Clocks"], swiftSettings: strict),
    .testTarget(name: "TextPatternTests", dependencies: ["TextPattern"], swiftSettings: strict),
    .testTarget(name: "JobsTests", dependencies: ["Jobs", "JobsProbe", "TextPattern"], swiftSettings: strict),
    // Starts programs in sandboxes, also as another user.
    .executableTarget(
      name: "SandboxProbe", dependencies: ["Runtime", "Jobs", "CProcess"], path: "Tests/SandboxProbe",
      swiftSettings: strict),
    // A tree of processes that somebody has to end.
    .executableTarget(name: "TreeProbe", path: "Tests/TreeProbe"),
    .testTarget(
      name: "RuntimeTests",
      dependencies: ["Runtime", "Jobs", "LuaBindings", "Agents", "WireText", "SandboxProbe", "TreeProbe"],
      exclude: ["Scripts", "Probes"], swiftSettings: strict),
    // A second process at a gate.
    .executableTarget(
      name: "GateProbe", dependencies: ["Models"], path: "Tests/GateProbe", swiftSettings: strict),
    .testTarget(
      name: "ModelsTests", dependencies: ["Models", "WireText", "GateProbe"],
      exclude: ["Recorded", "Transport/faults.py"],
      swiftSettings: strict),
    // A second process at a memory.
    .executableTarget(
      name: "MemoryProbe", dependencies: ["Agents"], path: "Tests/MemoryProbe", swiftSettings: strict),
    .testTarget(
      name: "AgentsTests", dependencies: ["Agents", "Models", "WireText", "MemoryProbe"],
      exclude: ["MCP/hostile.py", "MCP/official.py"], swiftSettings: strict),
    .testTarget(
      name: "ConfigurationTests",
      dependencies: ["Configuration", "Agents", "LuaBindings", "Models", "WireText", "Jobs"], swiftSettings: strict),
    .testTarget(name: "CommandLineTests", dependencies: ["agentscript", "Runtime", "Jobs"], swiftSettings: strict),
  ]
)
