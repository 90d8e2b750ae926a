// swift-tools-version: 6.2
import PackageDescription

// Measurements that need our own modules, apart from the program's package: what they depend on is nobody else's to build.
let package = Package(
  name: "Benchmarks",
  platforms: [.macOS(.v15)],
  dependencies: [.package(name: "agentscript", path: "..")],
  targets: [
    .executableTarget(
      name: "RegistryRate", dependencies: [.product(name: "Jobs", package: "agentscript")],
      swiftSettings: [.swiftLanguageMode(.v6)])
  ]
)
