// Connects to servers on loopback as clients in Node do, and says of each whether its certificate was taken.
// Usage: connect.js ROOT [NAME PORT]...
'use strict'

const fs = require('node:fs')
const net = require('node:net')
const tls = require('node:tls')

const [root, ...targets] = process.argv.slice(2)
const ca = fs.readFileSync(root)

function connect(name, port) {
  return new Promise((resolve) => {
    const plain = net.connect(port, '127.0.0.1')
    const servername = net.isIP(name) ? undefined : name
    const socket = tls.connect({ socket: plain, host: name, servername, ca })
    socket.once('secureConnect', () => {
      socket.destroy()
      resolve('accepted')
    })
    socket.once('error', (error) => resolve(`refused: ${error.code} ${error.message}`))
  })
}

async function main() {
  for (let index = 0; index < targets.length; index += 2) {
    console.log(await connect(targets[index], Number(targets[index + 1])))
  }
}

main()
