// Package arrangement cuts edges where they meet and finds the faces, the pieces of ground that the edges enclose.
package arrangement
