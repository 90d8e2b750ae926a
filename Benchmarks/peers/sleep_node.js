const sleep = ms => new Promise(done => setTimeout(done, ms));
Promise.all(Array.from({ length: Number(process.argv[2]) }, () => sleep(1000)));
