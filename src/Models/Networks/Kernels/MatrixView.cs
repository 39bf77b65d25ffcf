using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace DigitalTwin.Models.Networks.Kernels;

/// <summary>A matrix that lies in somebody's floats: entry (i, k) is at i · RowStride + k · ColumnStride.</summary>
internal readonly ref struct MatrixView
{
    private MatrixView(ref float first, int rows, int columns, int rowStride, int columnStride)
    {
        First = ref first;
        Rows = rows;
        Columns = columns;
        RowStride = rowStride;
        ColumnStride = columnStride;
    }

    public readonly ref float First;

    public int Rows { get; }

    public int Columns { get; }

    public int RowStride { get; }

    public int ColumnStride { get; }

    /// <summary>The same numbers, columns as rows; nothing moves.</summary>
    public MatrixView Transposed => new(ref First, Columns, Rows, ColumnStride, RowStride);

    /// <summary>Rows one after another.</summary>
    /// <exception cref="ArgumentException">There are too few floats.</exception>
    public static MatrixView Of(ReadOnlySpan<float> floats, int rows, int columns) =>
        Of(floats, rows, columns, columns);

    /// <summary>Rows that begin <paramref name="rowStride"/> floats apart.</summary>
    /// <exception cref="ArgumentException">There are too few floats.</exception>
    public static MatrixView Of(ReadOnlySpan<float> floats, int rows, int columns, int rowStride)
    {
        long last = rows == 0 || columns == 0 ? 0 : (((long)rows - 1) * rowStride) + columns;
        if (rows < 0 || columns < 0 || floats.Length < last)
        {
            throw new ArgumentException($"{rows} x {columns} at stride {rowStride} in {floats.Length} floats.");
        }

        return new(ref MemoryMarshal.GetReference(floats), rows, columns, rowStride, 1);
    }

    /// <summary>Rows from <paramref name="row"/> and columns from <paramref name="column"/> on; not checked.</summary>
    public MatrixView Part(int row, int rows, int column, int columns) => new(
        ref Unsafe.Add(ref First, ((nint)row * RowStride) + ((nint)column * ColumnStride)),
        rows,
        columns,
        RowStride,
        ColumnStride);
}
