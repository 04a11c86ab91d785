package auth

import "testing"

func TestListen_Checked(t *testing.T) {
	t.Parallel()
	for addr, plain := range map[string]bool{"127.0.0.1:7443": true, "[::1]:7443": true, "localhost:7443": true, ":7443": false, "0.0.0.0:7443": false, "10.0.0.1:7443": false} {
		if err := CheckListen(addr, false); (err == nil) != plain {
			t.Errorf("CheckListen(%s, plain) = %v", addr, err)
		}
		if err := CheckListen(addr, true); err != nil {
			t.Errorf("CheckListen(%s, TLS) = %v", addr, err)
		}
	}
}
