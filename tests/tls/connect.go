// Connects to servers on loopback as clients in Go do, and says of each whether its certificate was taken.
// Usage: go run connect.go ROOT [NAME PORT]...
package main

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"
)

func main() {
	root, err := os.ReadFile(os.Args[1])
	if err != nil {
		panic(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(root)
	for i := 2; i+1 < len(os.Args); i += 2 {
		config := &tls.Config{RootCAs: roots, ServerName: os.Args[i]}
		connection, err := tls.Dial("tcp", "127.0.0.1:"+os.Args[i+1], config)
		if err != nil {
			fmt.Println("refused:", err)
			continue
		}
		connection.Close()
		fmt.Println("accepted")
	}
}
