// 3,000 x /bin/true, ten at a time, an output file each and one line of a log for each.
const { spawn } = require('child_process'), fs = require('fs');
const count = Number(process.argv[2]), log = fs.openSync('joblog', 'w');
let next = 0;
function one() {
  if (next >= count) return Promise.resolve();
  const id = next++, start = Date.now(), out = fs.openSync(`${id}.log`, 'w');
  return new Promise(done => {
    spawn('/bin/true', [], { stdio: ['ignore', out, out] }).on('exit', code => {
      fs.closeSync(out);
      fs.writeSync(log, JSON.stringify({ id, code, start, end: Date.now() }) + '\n');
      done();
    });
  }).then(one);
}
Promise.all(Array.from({ length: 10 }, one));
