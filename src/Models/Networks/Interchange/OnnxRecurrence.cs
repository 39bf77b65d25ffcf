using DigitalTwin.Models.Networks.Descriptions;
using DigitalTwin.Models.Networks.Layers;

namespace DigitalTwin.Models.Networks.Interchange;

/// <summary>Recurrent layers as ONNX operators.</summary>
/// <remarks>
/// A Scan walks over the steps: its body takes the states and what each input holds at the step, and gives the states
/// after it, then the first of them once more for the sequence of all states.
/// </remarks>
internal sealed class OnnxRecurrence(
    OnnxGraph graph, OnnxTensors tensors, SampleShape input, int hidden, Returns returns)
{
    // Gates of our order r, z, n in the operator's order z, r, h, and i, f, g, o in i, o, f, c.
    private static readonly int[] GruOrder = [1, 0, 2];
    private static readonly int[] LstmOrder = [0, 3, 1, 2];

    /// <summary>The gated recurrent unit over <paramref name="value"/>, B × T × I.</summary>
    public string Gru(string value, string? mask)
    {
        if (mask is null)
        {
            return Operator("GRU", GruOrder, value, OnnxAttribute.Of("linear_before_reset", 1));
        }

        OnnxGraph body = graph.CreateBody();
        Step step = new(body);
        string before = step.State(hidden);
        string[] x = Gates(body, step.Slice(input.Features), "weight_ih_l0", "bias_ih_l0", input.Features, 3);
        string[] u = Gates(body, before, "weight_hh_l0", "bias_hh_l0", hidden, 3);
        string r = body.Add("Sigmoid", [body.Add("Add", [x[0], u[0]])]);
        string z = body.Add("Sigmoid", [body.Add("Add", [x[1], u[1]])]);
        string n = body.Add("Tanh", [body.Add("Add", [x[2], body.Add("Mul", [r, u[2]])])]);

        // n + z (h − n).
        string after = body.Add("Add", [n, body.Add("Mul", [z, body.Add("Sub", [before, n])])]);
        return Scan(step, [after], [value], mask);
    }

    /// <summary>Long short-term memory over <paramref name="value"/>, B × T × I.</summary>
    public string Lstm(string value, string? mask)
    {
        if (mask is null)
        {
            return Operator("LSTM", LstmOrder, value);
        }

        OnnxGraph body = graph.CreateBody();
        Step step = new(body);
        string before = step.State(hidden);
        string memory = step.State(hidden);
        string[] x = Gates(body, step.Slice(input.Features), "weight_ih_l0", "bias_ih_l0", input.Features, 4);
        string[] u = Gates(body, before, "weight_hh_l0", "bias_hh_l0", hidden, 4);
        string[] sums = [.. x.Zip(u, (a, b) => body.Add("Add", [a, b]))];
        string kept = body.Add("Mul", [body.Add("Sigmoid", [sums[1]]), memory]);
        string entered = body.Add("Mul", [body.Add("Sigmoid", [sums[0]]), body.Add("Tanh", [sums[2]])]);
        string memoryAfter = body.Add("Add", [kept, entered]);
        string after = body.Add("Mul", [body.Add("Sigmoid", [sums[3]]), body.Add("Tanh", [memoryAfter])]);
        return Scan(step, [after, memoryAfter], [value], mask);
    }

    /// <summary>GRU-D over <paramref name="value"/>, B × T × 3 D.</summary>
    public string GruD(IReadOnlyList<double> means, string value, string? mask)
    {
        int values = input.Features / GruDLayer.Parts;
        string mean = graph.AddTensor(
            [.. Enumerable.Range(0, values).Select(i => means.Count == 0 ? 0f : (float)means[i])], values);
        string[] parts = Split(graph, value, GruDLayer.Parts, axis: 2);
        string decayX = Decay(graph.Add(
            "Add",
            [
                graph.Add("Mul", [parts[2], graph.AddTensor(tensors["decay_x.weight"], values)]),
                graph.AddTensor(tensors["decay_x.bias"], values),
            ]));
        string decayH = Decay(Affine(graph, parts[2], tensors["decay_h.weight"], tensors["decay_h.bias"], values));

        OnnxGraph body = graph.CreateBody();
        Step step = new(body);
        string before = step.State(hidden);
        string lastBefore = step.State(values);
        (string x, string m) = (step.Slice(values), step.Slice(values));
        (string fadeX, string fadeH) = (step.Slice(values), step.Slice(hidden));

        // The last observation is kept as its distance from the mean, which is 0 before the first.
        string seen = body.ToBooleans(m);
        string last = body.Add("Where", [seen, body.Add("Sub", [x, mean]), lastBefore]);
        string filled = body.Add(
            "Where", [seen, x, body.Add("Add", [mean, body.Add("Mul", [fadeX, last])])]);
        string faded = body.Add("Mul", [fadeH, before]);
        string entering = body.Add("Concat", [filled, m], OnnxAttribute.Of("axis", 1));
        string[] gates = new string[2];
        for (int gate = 0; gate < gates.Length; gate++)
        {
            gates[gate] = body.Add("Sigmoid", [GateSum(body, gate, entering, faded, 2 * values)]);
        }

        string reset = body.Add("Mul", [gates[0], faded]);
        string n = body.Add("Tanh", [GateSum(body, 2, entering, reset, 2 * values)]);
        string after = body.Add("Add", [faded, body.Add("Mul", [gates[1], body.Add("Sub", [n, faded])])]);
        return Scan(step, [after, last], [parts[0], parts[1], decayX, decayH], mask);

        string Decay(string sums) => graph.Add("Exp", [graph.Add("Neg", [graph.Add("Relu", [sums])])]);
    }

    private string GateSum(OnnxGraph body, int gate, string entering, string state, int features)
    {
        string ofInput = Affine(
            body, entering, tensors.Rows("weight_ih", gate, 3), tensors.Rows("bias", gate, 3), features);
        string weights = graph.AddTensor(
            OnnxTensors.Transposed(tensors.Rows("weight_hh", gate, 3), hidden), hidden, hidden);
        return body.Add("Add", [ofInput, body.Add("MatMul", [state, weights])]);
    }

    private string Operator(
        string operation, int[] order, string value, params ReadOnlySpan<OnnxAttribute> attributes)
    {
        int gates = order.Length;
        string[] outputs = [graph.CreateName(), graph.CreateName()];
        graph.Add(
            operation,
            [
                graph.Add("Transpose", [value], OnnxAttribute.All("perm", 1, 0, 2)),
                graph.AddTensor(Ordered("weight_ih_l0"), 1, gates * hidden, input.Features),
                graph.AddTensor(Ordered("weight_hh_l0"), 1, gates * hidden, hidden),
                graph.AddTensor([.. Ordered("bias_ih_l0"), .. Ordered("bias_hh_l0")], 1, 2 * gates * hidden),
            ],
            outputs,
            [OnnxAttribute.Of("hidden_size", hidden), .. attributes]);

        // All states are T × directions × B × H, the last ones directions × B × H.
        return returns == Returns.Last
            ? graph.Add("Squeeze", [outputs[1], graph.AddIntegers(0)])
            : graph.Add(
                "Transpose",
                [graph.Add("Squeeze", [outputs[0], graph.AddIntegers(1)])],
                OnnxAttribute.All("perm", 1, 0, 2));

        float[] Ordered(string name) => [.. order.SelectMany(gate => tensors.Rows(name, gate, gates))];
    }

    private string[] Gates(OnnxGraph body, string value, string weights, string biases, int features, int gates) =>
        Split(body, Affine(body, value, tensors[weights], tensors[biases], features), gates, axis: 1);

    // x Wᵀ + b, with tensors that belong to the graph around the body.
    private string Affine(OnnxGraph body, string value, float[] weights, float[] biases, int features)
    {
        string matrix = graph.AddTensor(
            OnnxTensors.Transposed(weights, biases.Length), features, biases.Length);
        string product = body.Add("MatMul", [value, matrix]);
        return body.Add("Add", [product, graph.AddTensor(biases, biases.Length)]);
    }

    private static string[] Split(OnnxGraph body, string value, int parts, int axis)
    {
        string[] names = [.. Enumerable.Range(0, parts).Select(_ => body.CreateName())];
        body.Add("Split", [value], names, OnnxAttribute.Of("axis", axis), OnnxAttribute.Of("num_outputs", parts));
        return names;
    }

    // A masked step hands every state on unchanged.
    private string Scan(Step step, string[] after, string[] values, string? mask)
    {
        string? keep = null;
        if (mask is not null)
        {
            keep = step.Body.ToBooleans(step.Slice(1));
            values = [.. values, graph.Add("Unsqueeze", [mask, graph.AddIntegers(2)])];
        }

        List<string> initial = [];
        for (int i = 0; i < after.Length; i++)
        {
            int size = step.StateSizes[i];
            string next = keep is null
                ? step.Body.Add("Identity", [after[i]])
                : step.Body.Add("Where", [keep, after[i], step.States[i]]);
            after[i] = next;
            step.Body.AddOutput(next, Step.Batch, size);
            initial.Add(Zeros(values[0], size));
        }

        string ofAll = step.Body.Add("Identity", [after[0]]);
        step.Body.AddOutput(ofAll, Step.Batch, hidden);
        step.DeclareInputs();
        string[] outputs = [.. after.Select(_ => graph.CreateName()), graph.CreateName()];
        long[] steps = [.. values.Select(_ => 1L)];
        graph.Add(
            "Scan",
            [.. initial, .. values],
            outputs,
            OnnxAttribute.Of("body", step.Body.Message),
            OnnxAttribute.Of("num_scan_inputs", values.Length),
            OnnxAttribute.All("scan_input_axes", steps),
            OnnxAttribute.All("scan_output_axes", 1));
        return returns == Returns.Last ? outputs[0] : outputs[^1];
    }

    // B × size.
    private string Zeros(string value, int size)
    {
        string batch = graph.Add("Shape", [value], OnnxAttribute.Of("start", 0), OnnxAttribute.Of("end", 1));
        string extents = graph.Add("Concat", [batch, graph.AddIntegers(size)], OnnxAttribute.Of("axis", 0));
        return graph.Add("ConstantOfShape", [extents]);
    }

    /// <summary>The body of a Scan: it takes states, then a slice of each input, that of the step mask last.</summary>
    private sealed class Step(OnnxGraph body)
    {
        public const int Batch = -1;

        private readonly List<(string Name, int Size)> _states = [];
        private readonly List<(string Name, int Size)> _slices = [];

        public OnnxGraph Body => body;

        public IReadOnlyList<string> States => [.. _states.Select(state => state.Name)];

        public IReadOnlyList<int> StateSizes => [.. _states.Select(state => state.Size)];

        public string State(int size)
        {
            _states.Add((body.CreateName(), size));
            return _states[^1].Name;
        }

        public string Slice(int size)
        {
            _slices.Add((body.CreateName(), size));
            return _slices[^1].Name;
        }

        public void DeclareInputs()
        {
            foreach ((string name, int size) in _states.Concat(_slices))
            {
                body.AddInput(name, Batch, size);
            }
        }
    }
}
