// Package gcj converts points between WGS-84 and the shifted data of Chinese maps, GCJ-02 and BD-09.
package gcj
