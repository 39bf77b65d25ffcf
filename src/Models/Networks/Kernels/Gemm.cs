using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using DigitalTwin.Models.Networks.Lanes;

namespace DigitalTwin.Models.Networks.Kernels;

/// <summary>Where the sums of a product begin.</summary>
internal enum SumsBegin
{
    /// <summary>At 0; what the target held is lost.</summary>
    AtZero,

    /// <summary>At what the target holds: C + A B, in this order.</summary>
    AtTarget,

    /// <summary>At a row that is the same for every row of the target: a bias.</summary>
    AtRow,
}

/// <summary>C = A B for float matrices.</summary>
/// <remarks>
/// <para>
/// Every entry of C is one accumulator that takes fma(a[i,k], b[k,j], sum) for k = 0, 1, ... in order, whatever the
/// width, the blocking or the shape: the bits are those of the three textbook loops with an FMA in them.
/// </para>
/// <para>
/// After Goto and van de Geijn, "Anatomy of high-performance matrix multiplication", ACM TOMS 34(3), 2008, and the
/// register tile of BLIS for AVX2 (6 rows, 2 registers wide). B is packed into panels of the width of a tile, padded
/// with zeros, unless A has so few rows that packing would not pay; A is read in place, since a broadcast takes any
/// stride.
/// </para>
/// </remarks>
internal static class Gemm
{
    // A panel of 256 x 16 floats is 16 KiB, half of a small first-level cache; 96 rows of A beside it fit the second.
    private const int DepthOfBlock = 256;
    private const int RowsOfBlock = 96;

    // A panel is loaded and stored once to be read by every tile of rows; few tiles do not earn that back.
    private const int RowsThatPayNoPacking = 48;

    /// <summary>Floats of a whole B of <paramref name="depth"/> × <paramref name="columns"/>, packed.</summary>
    public static int PackedSize(int depth, int columns) =>
        depth * ((columns + GemmTile.WidestColumns - 1) / GemmTile.WidestColumns * GemmTile.WidestColumns);

    /// <summary>Floats for packing B block by block, as products of unpacked matrices do.</summary>
    public static int PackingSize(int depth, int columns) => PackedSize(int.Min(depth, DepthOfBlock), columns);

    /// <summary>C = A B or C + A B; <paramref name="packing"/> is overwritten.</summary>
    /// <param name="packing">Of <see cref="PackingSize"/> for B, and for Aᵀ when C is one column.</param>
    public static void Multiply(
        VectorWidth width, MatrixView a, MatrixView b, MatrixView c, SumsBegin begin, Span<float> packing)
    {
        RequireShapes(a, b, c);

        if (IsOneColumn(c))
        {
            Multiply(width, b.Transposed, a.Transposed, MatrixView.Of(Whole(c), 1, c.Rows), begin, packing);
            return;
        }

        RequirePacking(PackingSize(b.Rows, b.Columns), packing);
        int whole = b.ColumnStride == 1 && a.Rows <= RowsThatPayNoPacking
            ? c.Columns - (c.Columns % (2 * (int)width))
            : 0;
        if (whole > 0)
        {
            Run(width, a, new Panels(b), c.Part(0, c.Rows, 0, whole), begin, []);
        }

        if (whole < c.Columns)
        {
            MatrixView rest = b.Part(0, b.Rows, whole, c.Columns - whole);
            PackAndMultiply(width, a, rest, c.Part(0, c.Rows, whole, c.Columns - whole), begin, default, packing);
        }
    }

    /// <summary>C = row + A B, where every row of C begins at the same row.</summary>
    public static void MultiplyAddRow(
        VectorWidth width, MatrixView a, MatrixView b, ReadOnlySpan<float> row, MatrixView c, Span<float> packing)
    {
        RequireShapes(a, b, c);
        if (IsOneColumn(c))
        {
            Whole(c).Fill(row[0]);
            Multiply(width, a, b, c, SumsBegin.AtTarget, packing);
            return;
        }

        RequirePacking(PackingSize(b.Rows, b.Columns), packing);
        PackAndMultiply(width, a, b, c, SumsBegin.AtRow, row, packing);
    }

    /// <summary>Packs B for <see cref="MultiplyPacked"/> with the same width.</summary>
    public static void Pack(VectorWidth width, MatrixView b, Span<float> packed)
    {
        RequirePacking(PackedSize(b.Rows, b.Columns), packed);
        switch (width)
        {
            case VectorWidth.Scalar: GemmPanels.Pack<ScalarLane>(b, packed); break;
            case VectorWidth.Vector128: GemmPanels.Pack<Lanes4>(b, packed); break;
            case VectorWidth.Vector256: GemmPanels.Pack<Lanes8>(b, packed); break;
            case VectorWidth.Vector512: GemmPanels.Pack<Lanes16>(b, packed); break;
            default: throw VectorWidths.Unknown(width);
        }
    }

    /// <summary>C = A B, C + A B or row + A B with B packed before; rows of C must be contiguous.</summary>
    public static void MultiplyPacked(
        VectorWidth width,
        MatrixView a,
        ReadOnlySpan<float> packed,
        MatrixView c,
        SumsBegin begin,
        ReadOnlySpan<float> row = default)
    {
        if (c.ColumnStride != 1)
        {
            throw new ArgumentException("The rows of the target must be contiguous.", nameof(c));
        }

        RequirePacking(PackedSize(a.Columns, c.Columns), packed);

        if (begin == SumsBegin.AtRow && row.Length != c.Columns)
        {
            throw new ArgumentException($"Expected a row of {c.Columns} floats, got {row.Length}.", nameof(row));
        }

        Run(width, a, new Panels(packed, a.Columns, 2 * (int)width), c, begin, row);
    }

    // A block of B at a time: what was packed is still near when it is read.
    private static void PackAndMultiply(
        VectorWidth width,
        MatrixView a,
        MatrixView b,
        MatrixView c,
        SumsBegin begin,
        ReadOnlySpan<float> row,
        Span<float> packing)
    {
        int depth = 0;
        do
        {
            int block = int.Min(DepthOfBlock, b.Rows - depth);
            Pack(width, b.Part(depth, block, 0, b.Columns), packing);
            MultiplyPacked(
                width,
                a.Part(0, a.Rows, depth, block),
                packing,
                c,
                depth > 0 ? SumsBegin.AtTarget : begin,
                depth > 0 ? default : row);
            depth += block;
        }
        while (depth < b.Rows);
    }

    private static void Run(
        VectorWidth width, MatrixView a, Panels b, MatrixView c, SumsBegin begin, ReadOnlySpan<float> row)
    {
        switch (width)
        {
            case VectorWidth.Scalar: MultiplyBlocks<ScalarLane>(a, b, c, begin, row); break;
            case VectorWidth.Vector128: MultiplyBlocks<Lanes4>(a, b, c, begin, row); break;
            case VectorWidth.Vector256: MultiplyBlocks<Lanes8>(a, b, c, begin, row); break;
            case VectorWidth.Vector512: MultiplyBlocks<Lanes16>(a, b, c, begin, row); break;
            default: throw VectorWidths.Unknown(width);
        }
    }

    private static void RequirePacking(int expected, ReadOnlySpan<float> packing)
    {
        if (packing.Length < expected)
        {
            throw new ArgumentException($"Packing takes {expected} floats, got {packing.Length}.", nameof(packing));
        }
    }

    private static void RequireShapes(MatrixView a, MatrixView b, MatrixView c)
    {
        if (a.Columns != b.Rows || c.Rows != a.Rows || c.Columns != b.Columns)
        {
            throw new ArgumentException(
                $"{a.Rows} x {a.Columns} times {b.Rows} x {b.Columns} does not give {c.Rows} x {c.Columns}.");
        }
    }

    // One column is one row of the transposed product, and rows are what lanes run along.
    private static bool IsOneColumn(MatrixView c) => c.Columns == 1 && c.RowStride == 1 && c.Rows > 1;

    private static Span<float> Whole(MatrixView column) => MemoryMarshal.CreateSpan(ref column.First, column.Rows);

    // Index arithmetic stays below the lengths that the views have checked, so overflow checks would find nothing.
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static void MultiplyBlocks<TLanes>(
        MatrixView a, Panels b, MatrixView c, SumsBegin begin, ReadOnlySpan<float> row)
        where TLanes : struct, ILanes<TLanes>
    {
        unchecked
        {
            int depth = a.Columns;
            int tileColumns = 2 * TLanes.Count;
            if (depth == 0 && begin != SumsBegin.AtTarget)
            {
                Begin(c, row);
            }

            for (int k = 0; k < depth; k += DepthOfBlock)
            {
                SumsBegin beginOfBlock = k > 0 ? SumsBegin.AtTarget : begin;
                for (int i0 = 0; i0 < c.Rows; i0 += RowsOfBlock)
                {
                    int rowsEnd = Math.Min(i0 + RowsOfBlock, c.Rows);
                    for (int j = 0; j < c.Columns; j += tileColumns)
                    {
                        ref float panel = ref Unsafe.Add(ref b.First, ((nint)k * b.Row) + (j * b.Column));
                        int columns = Math.Min(tileColumns, c.Columns - j);
                        int rows = GemmTile.IsNarrow<TLanes>(columns) ? GemmTile.NarrowRows : GemmTile.Rows;
                        for (int i = i0; i < rowsEnd; i += rows)
                        {
                            GemmTile tile = new(
                                ref Unsafe.Add(ref a.First, ((nint)i * a.RowStride) + ((nint)k * a.ColumnStride)),
                                a.RowStride,
                                a.ColumnStride,
                                ref panel,
                                b.Row,
                                Math.Min(DepthOfBlock, depth - k));
                            MatrixView target = c.Part(i, Math.Min(rows, rowsEnd - i), j, columns);
                            tile.Multiply<TLanes>(target, beginOfBlock, row.IsEmpty ? row : row[j..]);
                        }
                    }
                }
            }
        }
    }

    private static void Begin(MatrixView c, ReadOnlySpan<float> row)
    {
        for (int i = 0; i < c.Rows; i++)
        {
            Span<float> target = MemoryMarshal.CreateSpan(
                ref Unsafe.Add(ref c.First, (nint)i * c.RowStride), c.Columns);
            target.Clear();
            row.CopyTo(target);
        }
    }

    /// <summary>Where the tiles find B: row k of the panel of column j is at k · Row + j · Column.</summary>
    private readonly ref struct Panels
    {
        public readonly ref float First;

        public readonly nint Row;

        public readonly nint Column;

        public Panels(ReadOnlySpan<float> packed, int depth, int tileColumns)
        {
            First = ref MemoryMarshal.GetReference(packed);
            Row = tileColumns;
            Column = depth;
        }

        public Panels(MatrixView b)
        {
            First = ref b.First;
            Row = b.RowStride;
            Column = 1;
        }
    }
}
