package sheet

// Limits bound what a file may cost. The zero value of each means its default.
type Limits struct {
	Bytes    int64 // size of the file as uploaded; default 200 MiB
	Inflated int64 // total after unpacking; default 1 GiB
	Ratio    int64 // inflated over packed, for what inflates past 16 MiB; default 200
	Rows     int   // data rows; default 200,000
	Columns  int   // headings; default 500
	Cell     int   // runes in one cell; default 32,767, as in XLSX
	Strings  int64 // bytes of shared text that an XLSX file makes a reader keep; default 128 MiB
}

// ratioFloor is the inflated size below which a high ratio is harmless: empty formatted rows pack a hundredfold.
const ratioFloor = 16 << 20

// maxMerges bounds the merged ranges kept for a worksheet.
const maxMerges = 100_000

func (l Limits) withDefaults() Limits {
	l.Bytes = orDefault(l.Bytes, 200<<20)
	l.Inflated = orDefault(l.Inflated, 1<<30)
	l.Ratio = orDefault(l.Ratio, 200)
	l.Rows = orDefault(l.Rows, 200_000)
	l.Columns = orDefault(l.Columns, 500)
	l.Cell = orDefault(l.Cell, 32_767)
	l.Strings = orDefault(l.Strings, 128<<20)
	return l
}

func orDefault[T int | int64](v, def T) T {
	if v <= 0 {
		return def
	}
	return v
}
