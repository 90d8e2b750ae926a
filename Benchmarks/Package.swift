// swift-tools-version: 6.2
import PackageDescription

// Measurements that need our own modules, apart from the program's package: what they depend on is nobody else's to build.
let package = Package(
  name: "Benchmarks",
  platforms: [.macOS(.v15)],
  dependencies: [
    .package(name: "agentscript", path: ".."),
    .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
  ],
  targets: [
    .executableTarget(
      name: "RegistryRate", dependencies: [.product(name: "Jobs", package: "agentscript")],
      swiftSettings: [.swiftLanguageMode(.v6)]),
    .executableTarget(
      name: "StreamRate", dependencies: [.product(name: "Models", package: "agentscript")],
      swiftSettings: [.swiftLanguageMode(.v6)]),
    .executableTarget(
      name: "RouterCost", dependencies: [.product(name: "Models", package: "agentscript")],
      swiftSettings: [.swiftLanguageMode(.v6)]),
    // The deciding sources of the program, linked into this target's folder, so that they are compiled as there.
    .executableTarget(
      name: "SchedulingCost", dependencies: [.product(name: "HeapModule", package: "swift-collections")],
      swiftSettings: [.swiftLanguageMode(.v6), .enableUpcomingFeature("InternalImportsByDefault")]),
  ]
)
