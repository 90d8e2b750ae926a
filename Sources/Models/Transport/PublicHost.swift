internal import CCurl

#if canImport(Darwin)
  internal import Darwin
#else
  internal import Glibc
#endif

/// Hosts that are out in the open.
enum PublicHost {
  /// Refuses a host that is an address, and not out in the open, and this machine's own name. Other names are found out about when they
  /// are connected to.
  static func check(_ target: HTTPTarget) throws(HTTPError) {
    var host = target.host
    while host.hasSuffix(".") { host.removeLast() }
    if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
    // A zone has nothing to do in a public address.
    let isPublic = host.utf8.contains(UInt8(ascii: "%")) ? 0 : caddress_text_is_public(host)
    let isLocal = ["localhost", "local", "internal"].contains { host == $0 || host.hasSuffix("." + $0) }
    if isPublic == 0 || isLocal { throw refusal(target) }
  }

  static func refusal(_ target: HTTPTarget) -> HTTPError {
    HTTPError(.connect, host: target.place, detail: "its address belongs to this machine or its own networks")
  }

  /// True if the environment sends requests through a proxy, as libcurl reads it.
  static var hasProxy: Bool {
    let names: [String] = ["http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"]
    return names.contains { name in getenv(name).map { $0.pointee != 0 } ?? false }
  }
}
