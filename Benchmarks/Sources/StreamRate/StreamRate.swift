// Streams through Models' transport from peers/stream_server.py, and reports as peers/stream_client.py does.
//
//     StreamRate BASE_URL STREAMS COUNT PAUSE SIZE

import Models
import Synchronization

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// What all streams have seen so far.
final class Tally: Sendable {
  struct Counts {
    var bytes = 0
    var late: [Int64] = []
    var errors: [String] = []
  }

  let counts = Mutex(Counts())
}

@main struct StreamRate {
  static func main() async {
    let words = CommandLine.arguments
    guard words.count == 6, let streams = Int(words[2]) else {
      print("usage: StreamRate BASE_URL STREAMS COUNT PAUSE SIZE")
      exit(2)
    }
    var request = HTTPRequest(url: words[1] + "/events")
    request.headers = ["x-count": words[3], "x-pause": words[4], "x-size": words[5]]
    let transport = HTTPTransport()
    // The library is loaded and the thread started.
    await stream(request, transport, Tally())
    let tally = Tally(), memory = residentKilobytes(), cpu = processorSeconds(), start = HTTPTransport.systemTime()
    let watch = Task {
      var peak = residentKilobytes()
      while !Task.isCancelled {
        peak = max(peak, residentKilobytes())
        try? await Task.sleep(for: .milliseconds(50))
      }
      return peak
    }
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<streams { group.addTask { [request] in await stream(request, transport, tally) } }
    }
    let seconds = Double(HTTPTransport.systemTime() - start) / 1e9, used = processorSeconds() - cpu
    watch.cancel()
    let peak = await watch.value
    tally.counts.withLock { counts in
      let late = counts.late.sorted(), megabytes = Double(max(counts.bytes, 1)) / 1e6
      func part(_ share: Double) -> Int64 {
        late.isEmpty ? 0 : late[min(late.count - 1, Int(Double(late.count) * share))]
      }
      print(
        """
        {"client": "agentscript", "streams": \(streams), "errors": \(counts.errors.count), "tokens": \(late.count), \
        "bytes": \(counts.bytes), "seconds": \(round3(seconds)), "cpu_seconds": \(round3(used)), \
        "cpu_ms_per_mb": \(round3(used * 1000 / megabytes)), \
        "cpu_us_per_token": \(round3(used * 1e6 / Double(max(1, late.count)))), \
        "kb_per_stream": \(round3(Double(peak - memory) / Double(streams))), "late_us_p50": \(part(0.5)), \
        "late_us_p99": \(part(0.99)), "late_us_max": \(late.last ?? 0)}
        """)
      if let first = counts.errors.first { print("the first error: \(first)") }
    }
  }

  static func stream(_ request: HTTPRequest, _ transport: HTTPTransport, _ tally: Tally) async {
    do {
      for try await chunk in try await transport.send(request).body {
        let now = HTTPTransport.systemTime() / 1000
        let stamps = stamps(in: chunk)
        tally.counts.withLock { counts in
          counts.bytes += chunk.count
          for stamp in stamps { counts.late.append(now - stamp) }
        }
      }
    } catch { tally.counts.withLock { $0.errors.append("\(error)") } }
  }

  /// The numbers behind "data: ".
  static func stamps(in chunk: [UInt8]) -> [Int64] {
    var stamps: [Int64] = [], value: Int64 = -1
    for (index, byte) in chunk.enumerated() {
      if (0x30...0x39).contains(byte) {
        if value >= 0 {
          value = value * 10 + Int64(byte - 0x30)
        } else if index > 0, chunk[index - 1] == 0x20 {
          value = Int64(byte - 0x30)
        }
      } else {
        if value >= 100_000, byte == 0x20 { stamps.append(value) }
        value = -1
      }
    }
    return stamps
  }

  static func round3(_ value: Double) -> Double { (value * 1000).rounded() / 1000 }

  static func processorSeconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }

  static func residentKilobytes() -> Int {
    guard let file = fopen("/proc/self/statm", "re") else { return 0 }
    defer { fclose(file) }
    var pages = [0, 0]
    for index in 0..<2 {
      var digit = fgetc(file)
      while digit >= 0x30 {
        pages[index] = pages[index] * 10 + Int(digit - 0x30)
        digit = fgetc(file)
      }
    }
    return pages[1] * Int(sysconf(Int32(_SC_PAGESIZE))) / 1024
  }
}
