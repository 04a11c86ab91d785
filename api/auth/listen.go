package auth

import (
	"net"

	"wangge/dispatch/i18n"
)

// CheckListen returns an error for an address that other machines reach without TLS: a token never crosses a network in
// plain text.
func CheckListen(addr string, hasTLS bool) error {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return i18n.Errorf("listen address %q is not HOST:PORT as in 127.0.0.1:7443", "监听地址 %q 应写作 主机:端口，如 127.0.0.1:7443", addr)
	}
	ip := net.ParseIP(host)
	if hasTLS || host == "localhost" || ip != nil && ip.IsLoopback() {
		return nil
	}
	return i18n.Errorf("listen address %q reaches beyond this machine and there is no TLS; "+
		"give --tls-cert and --tls-key, or listen on 127.0.0.1",
		"监听地址 %q 可从本机以外访问，但没有 TLS；请给出 --tls-cert 和 --tls-key，或监听 127.0.0.1", addr)
}
