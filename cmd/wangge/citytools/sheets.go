package citytools

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"wangge/cmd/wangge/cli"
	"wangge/dispatch/city"
	"wangge/dispatch/city/compile"
	"wangge/dispatch/city/sheets"
	"wangge/dispatch/city/sheets/csvfile"
	"wangge/dispatch/city/tables"
	"wangge/dispatch/diag"
	"wangge/dispatch/i18n"

	"github.com/spf13/cobra"
)

// cityExport writes the tables of a city as a workbook or as CSV.
func cityExport(o *cli.Options) *cobra.Command {
	var xlsx, csvs string
	cmd := &cobra.Command{
		Use: "export DIR", Short: "Write a city's tables as a spreadsheet: one sheet a table, help and drop-downs, faults as comments",
		Example: "  wangge city export ./our-city --xlsx city.xlsx\n  wangge city export ./our-city --csv ./tables",
		Args:    cli.Args("DIR"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if (xlsx == "") == (csvs == "") {
				return i18n.Errorf("give one of --xlsx FILE and --csv DIR", "--xlsx 文件名与 --csv 目录须给出其中一个")
			}
			fsys, err := cli.CityDirectory(args[0])
			if err != nil {
				return err
			}
			dir, bad := city.Collect(fsys)
			if bad == nil {
				_, bad = compile.Directory(dir)
			}
			if xlsx != "" {
				book, err := sheets.Workbook(dir, bad, o.Lang)
				if err != nil {
					return cli.Failure(err)
				}
				if err := o.Files.Do(func() error { return cli.WriteFile(xlsx, book) }); err != nil {
					return cli.Failure(err)
				}
			} else if err := o.Files.Do(func() error { return exportTables(csvs, dir) }); err != nil {
				return cli.Failure(err)
			}
			if o.JSON {
				if err := cli.Encode(cmd.OutOrStdout(), map[string]any{
					"ok": bad == nil, "xlsx": xlsx, "csv": csvs, "faults": cli.FaultRows(o.Lang, bad),
				}); err != nil {
					return err
				}
			}
			if bad != nil {
				return cli.CityFaults(bad)
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&xlsx, "xlsx", "", "workbook to write")
	cmd.Flags().StringVar(&csvs, "csv", "", "directory to write one CSV a table to; with a byte order mark, so that spreadsheets read it")
	return cmd
}

// exportTables writes one CSV a table.
func exportTables(at string, dir city.Directory) error {
	if err := os.MkdirAll(at, 0o755); err != nil {
		return err
	}
	files := map[string][]byte{}
	for _, t := range tables.All {
		if data, ok := dir[t.File]; ok {
			files[filepath.Join(at, t.File)] = csvfile.Table(data)
		}
	}
	return cli.WriteFiles(files)
}

// cityImport reads a workbook or CSV into a city directory.
func cityImport(o *cli.Options) *cobra.Command {
	var marked string
	var draft bool
	cmd := &cobra.Command{
		Use: "import FILE DIR", Short: "Read a clerk's spreadsheet (.xlsx), CSV or folder of CSVs into a city directory",
		Long: `Reads a clerk's spreadsheet into the tables of a city directory. What a spreadsheet did to a cell (dates, numbers, full-width
letters, merged cells, GBK) is put right when it can only have been one thing, and named with its sheet and cell otherwise.
Nothing is written when anything is wrong; --marked writes the clerk's workbook back with a comment on each faulty cell.`,
		Example: "  wangge city import roster.xlsx ./our-city --marked roster-checked.xlsx\n  wangge city import people.csv ./our-city",
		Args:    cli.Args("FILE", "DIR"),
		RunE: func(cmd *cobra.Command, args []string) error {
			was := city.Directory{}
			if _, err := os.Stat(args[1]); err == nil {
				var bad []diag.Diagnostic
				if was, bad = city.Collect(os.DirFS(args[1])); bad != nil {
					return cli.Failure(errors.New(bad[0].String()))
				}
			}
			data, imported, err := readImports(args[0], was)
			if err != nil {
				return err
			}
			is, faults := was, []sheets.Diagnostic(nil)
			changed := []string{}
			for _, im := range imported {
				for _, t := range im.Tables() {
					is[t] = im.Directory()[t]
				}
				changed = append(changed, im.Tables()...)
				faults = append(faults, im.Faults()...)
			}
			if len(faults) == 0 {
				_, bad := compile.Directory(is)
				for _, f := range bad {
					placed := sheets.Diagnostic{Diagnostic: f}
					for _, im := range imported {
						if slices.Contains(im.Tables(), f.File) {
							placed = im.Place(f)
						}
					}
					faults = append(faults, placed)
				}
				draft = draft && len(bad) > 0
			} else {
				draft = false
			}
			if marked != "" && data != nil && len(faults) > 0 {
				book, err := sheets.Annotate(data, faults, o.Lang)
				if err != nil {
					return cli.Failure(err)
				}
				if err := o.Files.Do(func() error { return cli.WriteFile(marked, book) }); err != nil {
					return cli.Failure(err)
				}
			}
			if len(faults) == 0 || draft {
				tables := city.Directory{}
				for _, t := range changed {
					tables[t] = is[t]
				}
				if err := o.Files.Do(func() error { return cli.WriteDirectory(args[1], tables) }); err != nil {
					return err
				}
			}
			return printImport(cmd.OutOrStdout(), o, filepath.Base(args[0]), changed, faults, draft)
		},
	}
	cmd.Flags().StringVar(&marked, "marked", "", "workbook to write with a comment on each faulty cell")
	cmd.Flags().BoolVar(&draft, "draft", false, "write the tables although the city has faults; unreadable cells still refuse")
	return cmd
}

// readImports reads a workbook, a CSV, or a folder of CSVs. data is the workbook, if there is one.
func readImports(file string, was city.Directory) (data []byte, out []*sheets.Import, err error) {
	info, err := os.Stat(file)
	if err != nil {
		return nil, nil, cli.Failure(err)
	}
	names := []string{file}
	if info.IsDir() {
		if names, err = filepath.Glob(filepath.Join(file, "*.csv")); err != nil || len(names) == 0 {
			return nil, nil, cli.Failure(errors.Join(err, i18n.Errorf("%s holds no CSV", "%s 中没有 CSV", file)))
		}
	}
	for _, name := range names {
		raw, err := readLimited(name)
		if err != nil {
			return nil, nil, cli.Failure(err)
		}
		var im *sheets.Import
		switch ext := strings.ToLower(filepath.Ext(name)); ext {
		case ".xlsx", ".xlsm":
			data = raw
			im, err = sheets.ReadWorkbook(raw, was)
		case ".csv", ".txt", ".tsv":
			im, err = sheets.ReadTable(name, raw, was)
		case ".xls", ".et", ".ods":
			err = i18n.Errorf("%s: save it as .xlsx or as CSV first", "%s：请先另存为 .xlsx 或 CSV", name)
		default:
			err = i18n.Errorf("%s: %q is no kind of file that is read; give .xlsx or .csv", "%s：不能读取 %q 类文件，请给出 .xlsx 或 .csv", name, ext)
		}
		if err != nil {
			return nil, nil, cli.Failure(err)
		}
		out = append(out, im)
	}
	return data, out, nil
}

// readLimited reads a file of at most sheets.MaxBytes.
func readLimited(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, sheets.MaxBytes+1))
	if err == nil && len(data) > sheets.MaxBytes {
		err = fmt.Errorf("%s: %w", name, sheets.TooLong())
	}
	return data, err
}

// printImport prints the faults of an import; it returns cli.ErrFound if there are any.
func printImport(w io.Writer, o *cli.Options, file string, tables []string, faults []sheets.Diagnostic, draft bool) error {
	if o.JSON {
		rows := []map[string]any{}
		for _, f := range faults {
			rows = append(rows, map[string]any{
				"sheet": f.Sheet, "cell": f.Cell, "file": f.File, "line": f.Line, "message": f.Message.In(o.Lang),
				"suggestion": f.Suggestion.In(o.Lang),
			})
		}
		if err := json.NewEncoder(w).Encode(map[string]any{"ok": len(faults) == 0, "tables": tables, "faults": rows}); err != nil {
			return fmt.Errorf("print: %w", err)
		}
	} else {
		for _, f := range faults {
			at := fmt.Sprintf("%s:%d", f.File, f.Line)
			if f.Sheet != "" {
				at = file + " " + f.File
			}
			fmt.Fprintf(w, "%s: %s\n", at, cli.Remedied(f.Message, f.Suggestion).In(o.Lang))
		}
		switch {
		case len(faults) == 0:
			fmt.Fprintln(w, i18n.F("read: %s", "已导入：%s", strings.Join(tables, ", ")).In(o.Lang))
		case draft:
			fmt.Fprintln(w, i18n.F("written as a draft: %s", "已写入草稿：%s", strings.Join(tables, ", ")).In(o.Lang))
		default:
			fmt.Fprintln(w, i18n.F("nothing was written", "未写入任何内容").In(o.Lang))
		}
	}
	if len(faults) > 0 {
		return cli.ErrFound
	}
	return nil
}
