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
/// with zeros; A is read in place, since a broadcast takes any stride.
/// </para>
/// </remarks>
internal static class Gemm
{
    /// <summary>Rows of a register tile: 12 accumulators hide the latency of FMA, and 16 registers hold them.</summary>
    private const int TileRows = 6;

    // A panel of 256 x 16 floats is 16 KiB, half of a small first-level cache; 96 rows of A beside it fit the second.
    private const int DepthOfBlock = 256;
    private const int RowsOfBlock = 96;

    private const int WidestTile = 2 * (int)VectorWidth.Vector512;

    /// <summary>Floats that packing a matrix of <paramref name="depth"/> × <paramref name="columns"/> takes.</summary>
    public static int PackedSize(int depth, int columns) =>
        depth * ((columns + WidestTile - 1) / WidestTile * WidestTile);

    /// <summary>C = A B or C + A B; <paramref name="packing"/> is overwritten.</summary>
    /// <param name="packing">Of <see cref="PackedSize"/> for B, and for Aᵀ when C is one column.</param>
    public static void Multiply(
        VectorWidth width, MatrixView a, MatrixView b, MatrixView c, SumsBegin begin, Span<float> packing)
    {
        RequireShapes(a, b, c);

        // One column is one row of the transposed product, and rows are what lanes run along.
        if (c.Columns == 1 && c.RowStride == 1 && c.Rows > 1)
        {
            Multiply(width, b.Transposed, a.Transposed, MatrixView.Of(Whole(c), 1, c.Rows), begin, packing);
            return;
        }

        Pack(width, b, packing);
        MultiplyPacked(width, a, packing, c, begin);
    }

    /// <summary>Packs B for <see cref="MultiplyPacked"/> with the same width.</summary>
    public static void Pack(VectorWidth width, MatrixView b, Span<float> packed)
    {
        if (packed.Length < PackedSize(b.Rows, b.Columns))
        {
            throw new ArgumentException(
                $"Packing {b.Rows} x {b.Columns} takes {PackedSize(b.Rows, b.Columns)} floats, got {packed.Length}.");
        }

        switch (width)
        {
            case VectorWidth.Scalar: GemmPanels.Pack<ScalarLane>(b, packed); break;
            case VectorWidth.Vector128: GemmPanels.Pack<Lanes4>(b, packed); break;
            case VectorWidth.Vector256: GemmPanels.Pack<Lanes8>(b, packed); break;
            case VectorWidth.Vector512: GemmPanels.Pack<Lanes16>(b, packed); break;
            default: throw VectorWidths.Unknown(width);
        }
    }

    /// <summary>C = A B or C + A B with B packed before; rows of C must be contiguous.</summary>
    public static void MultiplyPacked(
        VectorWidth width, MatrixView a, ReadOnlySpan<float> packed, MatrixView c, SumsBegin begin)
    {
        if (c.ColumnStride != 1)
        {
            throw new ArgumentException("The rows of the target must be contiguous.", nameof(c));
        }

        if (packed.Length < PackedSize(a.Columns, c.Columns))
        {
            throw new ArgumentException(
                $"Expected {PackedSize(a.Columns, c.Columns)} packed floats, got {packed.Length}.", nameof(packed));
        }

        switch (width)
        {
            case VectorWidth.Scalar: MultiplyBlocks<ScalarLane>(a, packed, c, begin); break;
            case VectorWidth.Vector128: MultiplyBlocks<Lanes4>(a, packed, c, begin); break;
            case VectorWidth.Vector256: MultiplyBlocks<Lanes8>(a, packed, c, begin); break;
            case VectorWidth.Vector512: MultiplyBlocks<Lanes16>(a, packed, c, begin); break;
            default: throw VectorWidths.Unknown(width);
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

    private static Span<float> Whole(MatrixView column) => MemoryMarshal.CreateSpan(ref column.First, column.Rows);

    // Index arithmetic stays below the lengths that the views have checked, so overflow checks would find nothing.
    private static void MultiplyBlocks<TLanes>(
        MatrixView a, ReadOnlySpan<float> packed, MatrixView c, SumsBegin begin)
        where TLanes : struct, ILanes<TLanes>
    {
        unchecked
        {
            int depth = a.Columns;
            int tileColumns = 2 * TLanes.Count;
            if (depth == 0 && begin == SumsBegin.AtZero)
            {
                Clear(c);
            }

            for (int k = 0; k < depth; k += DepthOfBlock)
            {
                int depthOfBlock = Math.Min(DepthOfBlock, depth - k);
                bool fromTarget = k > 0 || begin == SumsBegin.AtTarget;
                for (int i0 = 0; i0 < c.Rows; i0 += RowsOfBlock)
                {
                    int rowsEnd = Math.Min(i0 + RowsOfBlock, c.Rows);
                    for (int j = 0; j < c.Columns; j += tileColumns)
                    {
                        ref float panel = ref MemoryMarshal.GetReference(packed[((j * depth) + (k * tileColumns))..]);
                        for (int i = i0; i < rowsEnd; i += TileRows)
                        {
                            ref float aTile = ref Unsafe.Add(
                                ref a.First, ((nint)i * a.RowStride) + ((nint)k * a.ColumnStride));
                            ref float cTile = ref Unsafe.Add(ref c.First, ((nint)i * c.RowStride) + j);
                            Tile tile = new(
                                Math.Min(TileRows, rowsEnd - i),
                                Math.Min(tileColumns, c.Columns - j),
                                depthOfBlock,
                                fromTarget);
                            Multiply<TLanes>(tile, ref aTile, a, ref panel, ref cTile, c.RowStride);
                        }
                    }
                }
            }
        }
    }

    private static void Clear(MatrixView c)
    {
        for (int i = 0; i < c.Rows; i++)
        {
            MemoryMarshal.CreateSpan(ref Unsafe.Add(ref c.First, (nint)i * c.RowStride), c.Columns).Clear();
        }
    }

    // A tile at the edge is computed whole beside the target, with its last row repeated, and copied in part.
    private static void Multiply<TLanes>(
        Tile tile, ref float aTile, MatrixView a, ref float panel, ref float cTile, int cRowStride)
        where TLanes : struct, ILanes<TLanes>
    {
        int tileColumns = 2 * TLanes.Count;
        if (tile.Rows == TileRows && tile.Columns == tileColumns)
        {
            MultiplyTile<TLanes>(tile, ref aTile, a.RowStride, a.ColumnStride, ref panel, ref cTile, cRowStride);
            return;
        }

        Span<float> whole = stackalloc float[TileRows * WidestTile];
        for (int i = 0; tile.FromTarget && i < tile.Rows; i++)
        {
            MemoryMarshal.CreateSpan(ref Unsafe.Add(ref cTile, (nint)i * cRowStride), tile.Columns)
                .CopyTo(whole[(i * tileColumns)..]);
        }

        ref float wholeFirst = ref MemoryMarshal.GetReference(whole);
        MultiplyTile<TLanes>(tile, ref aTile, a.RowStride, a.ColumnStride, ref panel, ref wholeFirst, tileColumns);
        for (int i = 0; i < tile.Rows; i++)
        {
            whole.Slice(i * tileColumns, tile.Columns)
                .CopyTo(MemoryMarshal.CreateSpan(ref Unsafe.Add(ref cTile, (nint)i * cRowStride), tile.Columns));
        }
    }

    private static void MultiplyTile<TLanes>(
        Tile tile, ref float a, nint aRow, nint aDepth, ref float panel, ref float c, nint cRow)
        where TLanes : struct, ILanes<TLanes>
    {
        unchecked
        {
            nint half = TLanes.Count;
            ref float a1 = ref Unsafe.Add(ref a, Math.Min(1, tile.Rows - 1) * aRow);
            ref float a2 = ref Unsafe.Add(ref a, Math.Min(2, tile.Rows - 1) * aRow);
            ref float a3 = ref Unsafe.Add(ref a, Math.Min(3, tile.Rows - 1) * aRow);
            ref float a4 = ref Unsafe.Add(ref a, Math.Min(4, tile.Rows - 1) * aRow);
            ref float a5 = ref Unsafe.Add(ref a, Math.Min(5, tile.Rows - 1) * aRow);
            TLanes c00, c01, c10, c11, c20, c21, c30, c31, c40, c41, c50, c51;
            if (tile.FromTarget)
            {
                (c00, c01) = (TLanes.Load(in c, 0), TLanes.Load(in c, half));
                (c10, c11) = (TLanes.Load(in c, cRow), TLanes.Load(in c, cRow + half));
                (c20, c21) = (TLanes.Load(in c, 2 * cRow), TLanes.Load(in c, (2 * cRow) + half));
                (c30, c31) = (TLanes.Load(in c, 3 * cRow), TLanes.Load(in c, (3 * cRow) + half));
                (c40, c41) = (TLanes.Load(in c, 4 * cRow), TLanes.Load(in c, (4 * cRow) + half));
                (c50, c51) = (TLanes.Load(in c, 5 * cRow), TLanes.Load(in c, (5 * cRow) + half));
            }
            else
            {
                c00 = c01 = c10 = c11 = c20 = c21 = c30 = c31 = c40 = c41 = c50 = c51 = TLanes.Broadcast(0);
            }

            nint at = 0;
            for (int k = tile.Depth; k > 0; k--)
            {
                TLanes b0 = TLanes.Load(in panel, 0);
                TLanes b1 = TLanes.Load(in panel, half);
                panel = ref Unsafe.Add(ref panel, 2 * half);

                TLanes row = TLanes.Broadcast(Unsafe.Add(ref a, at));
                (c00, c01) = (TLanes.Fma(row, b0, c00), TLanes.Fma(row, b1, c01));
                row = TLanes.Broadcast(Unsafe.Add(ref a1, at));
                (c10, c11) = (TLanes.Fma(row, b0, c10), TLanes.Fma(row, b1, c11));
                row = TLanes.Broadcast(Unsafe.Add(ref a2, at));
                (c20, c21) = (TLanes.Fma(row, b0, c20), TLanes.Fma(row, b1, c21));
                row = TLanes.Broadcast(Unsafe.Add(ref a3, at));
                (c30, c31) = (TLanes.Fma(row, b0, c30), TLanes.Fma(row, b1, c31));
                row = TLanes.Broadcast(Unsafe.Add(ref a4, at));
                (c40, c41) = (TLanes.Fma(row, b0, c40), TLanes.Fma(row, b1, c41));
                row = TLanes.Broadcast(Unsafe.Add(ref a5, at));
                (c50, c51) = (TLanes.Fma(row, b0, c50), TLanes.Fma(row, b1, c51));
                at += aDepth;
            }

            c00.Store(ref c, 0);
            c01.Store(ref c, half);
            c10.Store(ref c, cRow);
            c11.Store(ref c, cRow + half);
            c20.Store(ref c, 2 * cRow);
            c21.Store(ref c, (2 * cRow) + half);
            c30.Store(ref c, 3 * cRow);
            c31.Store(ref c, (3 * cRow) + half);
            c40.Store(ref c, 4 * cRow);
            c41.Store(ref c, (4 * cRow) + half);
            c50.Store(ref c, 5 * cRow);
            c51.Store(ref c, (5 * cRow) + half);
        }
    }

    private readonly record struct Tile(int Rows, int Columns, int Depth, bool FromTarget);
}
