#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Write the inputs of should-fail/ml: models whose ai.onnx.ml node must be refused.

Well-formed ONNX throughout; what is wrong is what the node says (or, with a constant or the zeros
that the test feeds, what it is given). Run from anywhere; it writes beside itself. The .expected
files: run test_should_fail_ml with BATON_BLESS=1, then read and judge what it wrote.
"""
import pathlib
import struct

from make_should_fail_onnx import (attr, blob, graph, model, node, num, opset, port, tensor,
                                   tree_sum, varint)

FOLDER = pathlib.Path(__file__).resolve().parent / 'should-fail' / 'ml'
FLOAT, INT64, STRING, DOUBLE = 1, 7, 8, 11


def attribute(name, value):
    """By the type of `value`: int, float, str, bytes (a tensor), or a list of the first three."""
    if isinstance(value, int):
        return attr(name, 2, num(3, value))
    if isinstance(value, float):
        return attr(name, 1, varint(2 << 3 | 5) + struct.pack('<f', value))
    if isinstance(value, str):
        return attr(name, 3, blob(4, value))
    if isinstance(value, bytes):
        return attr(name, 4, blob(5, value))
    if value and isinstance(value[0], str):
        return attr(name, 8, b''.join(blob(9, v) for v in value))
    if value and isinstance(value[0], float):
        return attr(name, 6, blob(7, struct.pack(f'<{len(value)}f', *value)))
    return attr(name, 7, blob(8, b''.join(varint(v) for v in value)))


def one(op, attributes, inputs=(('x', FLOAT, (2, 3)),), outputs=('y', 'z'), version=3, weights=()):
    names = [i[0] for i in inputs] + [w[0] for w in weights]
    attrs = [attribute(k, v) for k, v in attributes.items() if v is not None]
    g = graph([node(op, names, outputs, attrs, name='n', domain='ai.onnx.ml')],
              [port(*i) for i in inputs], [port(outputs[0])], [w[1] for w in weights])
    return model(g, [opset(17), opset(version, 'ai.onnx.ml')])


# ---- trees ----
#        0: x[0] <= 0.5
#       /             \
#      2               1: x[2] <= 1.5
#                     /             \
#                    4               3
TREE = {
    'nodes_treeids': [0, 0, 0, 0, 0],
    'nodes_nodeids': [0, 1, 2, 3, 4],
    'nodes_featureids': [0, 2, 0, 0, 0],
    'nodes_modes': ['BRANCH_LEQ', 'BRANCH_LEQ', 'LEAF', 'LEAF', 'LEAF'],
    'nodes_values': [0.5, 1.5, 0.0, 0.0, 0.0],
    'nodes_truenodeids': [2, 4, 0, 0, 0],
    'nodes_falsenodeids': [1, 3, 0, 0, 0],
}


def votes(prefix):
    return {f'{prefix}_treeids': [0, 0, 0], f'{prefix}_nodeids': [2, 3, 4],
            f'{prefix}_ids': [0, 0, 0], f'{prefix}_weights': [1.0, 2.0, 3.0]}


def regressor(**changes):
    return one('TreeEnsembleRegressor', {**TREE, **votes('target'), **changes}, outputs=('y',))


def classifier(**changes):
    return one('TreeEnsembleClassifier',
               {**TREE, **votes('class'), 'classlabels_int64s': [0, 1], **changes})


def chain(depth):
    """A tree that is one long branch."""
    inner = depth
    ids = list(range(2 * inner + 1))
    return regressor(nodes_treeids=[0] * len(ids), nodes_nodeids=ids, nodes_featureids=[0] * len(ids),
                     nodes_modes=['BRANCH_LEQ'] * inner + ['LEAF'] * (inner + 1),
                     nodes_values=[0.0] * len(ids),
                     nodes_truenodeids=[i + 1 for i in range(inner)] + [0] * (inner + 1),
                     nodes_falsenodeids=[inner + 1 + i for i in range(inner)] + [0] * (inner + 1),
                     target_treeids=[0], target_nodeids=[2 * inner], target_ids=[0],
                     target_weights=[1.0])


def trees():
    yield 'tree-self-cycle', regressor(nodes_falsenodeids=[1, 1, 0, 0, 0])
    yield 'tree-cycle-to-root', regressor(nodes_falsenodeids=[1, 0, 0, 0, 0])
    yield 'tree-cycle-apart', regressor(
        nodes_treeids=[0] * 7, nodes_nodeids=list(range(7)), nodes_featureids=[0] * 7,
        nodes_modes=['BRANCH_LEQ', 'BRANCH_LEQ', 'LEAF', 'LEAF', 'LEAF', 'BRANCH_LEQ', 'BRANCH_LEQ'],
        nodes_values=[0.5] * 7, nodes_truenodeids=[2, 4, 0, 0, 0, 6, 5],
        nodes_falsenodeids=[1, 3, 0, 0, 0, 6, 5])
    yield 'tree-shared-child', regressor(nodes_falsenodeids=[1, 2, 0, 0, 0])
    yield 'tree-two-roots', regressor(nodes_modes=['LEAF', 'BRANCH_LEQ', 'LEAF', 'LEAF', 'LEAF'])
    yield 'tree-child-unknown', regressor(nodes_truenodeids=[99, 4, 0, 0, 0])
    yield 'tree-child-negative', regressor(nodes_falsenodeids=[-1, 3, 0, 0, 0])
    yield 'tree-child-of-another-tree', regressor(nodes_treeids=[0, 0, 0, 0, 1])
    yield 'tree-node-twice', regressor(nodes_nodeids=[0, 1, 2, 3, 3])
    yield 'tree-feature-negative', regressor(nodes_featureids=[0, -2, 0, 0, 0])
    yield 'tree-feature-huge', regressor(nodes_featureids=[0, 1 << 40, 0, 0, 0])
    yield 'tree-feature-beyond-input', regressor(nodes_featureids=[0, 3, 0, 0, 0])
    yield 'tree-mode-unknown', regressor(
        nodes_modes=['BRANCH_LEQ', 'BRANCH_\x1b[2J', 'LEAF', 'LEAF', 'LEAF'])
    yield 'tree-mode-member', regressor(nodes_modes=['BRANCH_MEMBER', 'BRANCH_LEQ', 'LEAF', 'LEAF', 'LEAF'])
    yield 'tree-no-nodes', regressor(nodes_modes=None)
    yield 'tree-modes-short', regressor(nodes_modes=['BRANCH_LEQ', 'BRANCH_LEQ', 'LEAF', 'LEAF'])
    yield 'tree-values-short', regressor(nodes_values=[0.5])
    yield 'tree-values-missing', regressor(nodes_values=None)
    yield 'tree-values-both', regressor(
        nodes_values_as_tensor=tensor('v', (5,), DOUBLE, b'\0' * 40))
    yield 'tree-values-tensor-int', regressor(
        nodes_values=None, nodes_values_as_tensor=tensor('v', (5,), INT64, b'\0' * 40))
    yield 'tree-treeids-long', regressor(nodes_treeids=[0] * 6)
    yield 'tree-true-ids-missing', regressor(nodes_truenodeids=None)
    yield 'tree-missing-tracks-short', regressor(nodes_missing_value_tracks_true=[1])
    yield 'tree-weight-ids-short', regressor(target_ids=[0])
    yield 'tree-weight-node-unknown', regressor(target_nodeids=[2, 3, 17])
    yield 'tree-weight-tree-unknown', regressor(target_treeids=[0, 0, 5])
    yield 'tree-target-negative', regressor(target_ids=[0, -1, 0])
    yield 'tree-target-beyond', regressor(target_ids=[0, 1, 0])
    yield 'tree-target-huge', regressor(target_ids=[0, (1 << 63) - 1, 0])
    yield 'tree-targets-none', regressor(n_targets=0)
    yield 'tree-targets-negative', regressor(n_targets=-1)
    yield 'tree-targets-huge', regressor(n_targets=1 << 40)
    yield 'tree-aggregate-unknown', regressor(aggregate_function='MEDIAN')
    yield 'tree-post-unknown', regressor(post_transform='TANH')
    yield 'tree-base-count', regressor(base_values=[1.0, 2.0])
    yield 'tree-too-deep', chain(5000)
    yield 'tree-input-string', one('TreeEnsembleRegressor', {**TREE, **votes('target')},
                                   [('x', STRING, (2, 3))], ('y',))
    yield 'tree-input-rank-3', one('TreeEnsembleRegressor', {**TREE, **votes('target')},
                                   [('x', FLOAT, (2, 3, 4))], ('y',))
    yield 'tree-class-beyond', classifier(class_ids=[0, 2, 1])
    yield 'tree-class-huge', classifier(class_ids=[0, 1 << 62, 1])
    yield 'tree-labels-none', classifier(classlabels_int64s=None)
    yield 'tree-labels-both', classifier(classlabels_strings=['a', 'b'])
    yield 'tree-class-base-count', classifier(base_values=[0.5, 0.5, 0.5])


# ---- TreeEnsemble, opset 5: the same tree, its leaves apart ----

def ensemble(**changes):
    attributes = {
        'tree_roots': [0], 'n_targets': 1,
        'nodes_modes': tensor('m', (2,), 2, b'\0\0'),
        'nodes_splits': tensor('s', (2,), FLOAT, struct.pack('<2f', 0.5, 1.5)),
        'nodes_featureids': [0, 2], 'nodes_truenodeids': [0, 2], 'nodes_trueleafs': [1, 1],
        'nodes_falsenodeids': [1, 1], 'nodes_falseleafs': [0, 1],
        'leaf_targetids': [0, 0, 0],
        'leaf_weights': tensor('w', (3,), FLOAT, struct.pack('<3f', 1, 2, 3)), **changes}
    return one('TreeEnsemble', attributes, outputs=('y',), version=5)


def ensembles():
    yield 'tree5-cycle', ensemble(nodes_falseleafs=[0, 0], nodes_falsenodeids=[1, 0])
    yield 'tree5-self-cycle', ensemble(nodes_falseleafs=[0, 0])
    yield 'tree5-root-beyond', ensemble(tree_roots=[2])
    yield 'tree5-root-negative', ensemble(tree_roots=[-1])
    yield 'tree5-root-twice', ensemble(tree_roots=[0, 0])
    yield 'tree5-root-of-a-part', ensemble(tree_roots=[0, 1])
    yield 'tree5-roots-none', ensemble(tree_roots=None)
    yield 'tree5-unreachable', ensemble(tree_roots=[1])
    yield 'tree5-leaf-beyond', ensemble(nodes_truenodeids=[0, 3])
    yield 'tree5-child-beyond', ensemble(nodes_falsenodeids=[2, 1])
    yield 'tree5-child-negative', ensemble(nodes_falsenodeids=[-1, 1])
    yield 'tree5-mode-unknown', ensemble(nodes_modes=tensor('m', (2,), 2, b'\0\7'))
    yield 'tree5-modes-float', ensemble(nodes_modes=tensor('m', (2,), FLOAT, b'\0' * 8))
    yield 'tree5-modes-missing', ensemble(nodes_modes=None)
    yield 'tree5-splits-short', ensemble(nodes_splits=tensor('s', (1,), FLOAT, b'\0' * 4))
    yield 'tree5-member-without-list', ensemble(nodes_modes=tensor('m', (2,), 2, b'\0\6'))
    yield 'tree5-target-beyond', ensemble(leaf_targetids=[0, 0, 1])
    yield 'tree5-weights-short', ensemble(leaf_weights=tensor('w', (2,), FLOAT, b'\0' * 8))
    yield 'tree5-targets-huge', ensemble(n_targets=1 << 33)
    yield 'tree5-aggregate-unknown', ensemble(aggregate_function=4)
    yield 'tree5-post-unknown', ensemble(post_transform=-1)
    yield 'tree5-aggregate-xgboost', ensemble(aggregate_function=0) + tree_sum('xgboost')
    yield 'tree-aggregate-xgboost', regressor(aggregate_function='MAX') + tree_sum('xgboost')


# ---- the rest ----

def svc(**changes):
    return one('SVMClassifier', {
        'classlabels_ints': [0, 1], 'vectors_per_class': [1, 1],
        'support_vectors': [1.0, 2.0, 3.0, 4.0, 5.0, 6.0], 'coefficients': [1.0, -1.0],
        'rho': [0.5], 'kernel_type': 'RBF', 'kernel_params': [0.1, 0.0, 0.0], **changes})


def svr(**changes):
    return one('SVMRegressor', {
        'n_supports': 2, 'support_vectors': [1.0, 2.0, 3.0, 4.0, 5.0, 6.0],
        'coefficients': [1.0, -1.0], 'rho': [0.5], 'kernel_type': 'LINEAR', **changes}, outputs=('y',))


def machines():
    yield 'svc-coefficients-short', svc(coefficients=[1.0])
    yield 'svc-rho-long', svc(rho=[0.5, 0.5])
    yield 'svc-vectors-negative', svc(vectors_per_class=[-1, 3])
    yield 'svc-vectors-huge', svc(vectors_per_class=[1 << 62, 1 << 62])
    yield 'svc-vectors-count', svc(vectors_per_class=[1, 1, 1])
    yield 'svc-vectors-uneven', svc(support_vectors=[1.0, 2.0, 3.0])
    yield 'svc-one-class', svc(classlabels_ints=[0])
    yield 'svc-kernel-unknown', svc(kernel_type='WAVELET')
    yield 'svc-params-short', svc(kernel_params=[0.1])
    yield 'svc-prob-half', svc(prob_a=[1.0])
    yield 'svc-columns', svc(support_vectors=[1.0, 2.0])
    yield 'svr-supports-negative', svr(n_supports=-2)
    yield 'svr-coefficients-long', svr(coefficients=[1.0, 1.0, 1.0])
    yield 'svr-rho-none', svr(rho=None)
    yield 'linear-coefficients-none', one('LinearRegressor', {'intercepts': [1.0]}, outputs=('y',))
    yield 'linear-coefficients-uneven', one(
        'LinearRegressor', {'coefficients': [1.0] * 5, 'targets': 2}, outputs=('y',))
    yield 'linear-targets-negative', one(
        'LinearRegressor', {'coefficients': [1.0] * 3, 'targets': -1}, outputs=('y',))
    yield 'linear-columns', one('LinearRegressor', {'coefficients': [1.0] * 4}, outputs=('y',))
    yield 'linear-intercepts-count', one(
        'LinearClassifier', {'coefficients': [1.0] * 9, 'intercepts': [1.0] * 2,
                             'classlabels_ints': [0, 1, 2]})


def columns(op, attributes, kind=FLOAT):
    return one(op, attributes, [('x', kind, (2, 3))], ('y',))


def indices(*values):
    raw = struct.pack(f'<{len(values)}q', *values)
    return one('ArrayFeatureExtractor', {}, outputs=('y',),
               weights=[('i', tensor('i', (len(values),), INT64, raw))])


def encoders():
    yield 'extract-index-negative', indices(0, -1)
    yield 'extract-index-far-negative', indices(-(1 << 63))
    yield 'extract-index-beyond', indices(3)
    yield 'extract-index-none', indices()
    yield 'scaler-count', columns('Scaler', {'scale': [1.0, 2.0]})
    yield 'scaler-string', columns('Scaler', {'scale': [1.0]}, STRING)
    yield 'normalizer-unknown', columns('Normalizer', {'norm': 'L3'})
    yield 'imputer-neither', columns('Imputer', {'replaced_value_float': 0.0})
    yield 'imputer-both', columns('Imputer', {'imputed_value_floats': [1.0],
                                              'imputed_value_int64s': [1]})
    yield 'imputer-type', columns('Imputer', {'imputed_value_int64s': [1]})
    yield 'imputer-count', columns('Imputer', {'imputed_value_floats': [1.0, 2.0]})
    yield 'imputer-int32-overflow', columns('Imputer', {'imputed_value_int64s': [1 << 40]}, 6)
    yield 'onehot-none', columns('OneHotEncoder', {'zeros': 1})
    yield 'onehot-both', columns('OneHotEncoder', {'cats_int64s': [1], 'cats_strings': ['a']})
    yield 'onehot-type', columns('OneHotEncoder', {'cats_int64s': [1]}, STRING)
    yield 'onehot-unknown', columns('OneHotEncoder', {'cats_int64s': [7], 'zeros': 0})
    yield 'label-keys-none', columns('LabelEncoder', {'values_int64s': [1]})
    yield 'label-keys-both', columns('LabelEncoder', {'keys_int64s': [1], 'keys_floats': [1.0],
                                                      'values_int64s': [1]})
    yield 'label-count', columns('LabelEncoder', {'keys_floats': [1.0, 2.0], 'values_int64s': [1]})
    yield 'label-type', columns('LabelEncoder', {'keys_strings': ['a'], 'values_int64s': [1]})
    yield 'mapper-count', columns('CategoryMapper', {'cats_strings': ['a'], 'cats_int64s': [1, 2]},
                                  STRING)
    yield 'mapper-half', columns('CategoryMapper', {'cats_strings': ['a']}, STRING)
    yield 'vectorizer-negative', columns('FeatureVectorizer', {'inputdimensions': [-3]})
    yield 'vectorizer-count', columns('FeatureVectorizer', {'inputdimensions': [3, 3]})
    yield 'vectorizer-huge', columns('FeatureVectorizer', {'inputdimensions': [(1 << 63) - 1]})
    yield 'zipmap-count', columns('ZipMap', {'classlabels_int64s': [0, 1]})
    yield 'zipmap-none', columns('ZipMap', {})
    yield 'dict-no-map', columns('DictVectorizer', {'int64_vocabulary': [0, 1]})
    yield 'castmap-no-map', columns('CastMap', {})


def cases():
    yield from trees()
    yield from ensembles()
    yield from machines()
    yield from encoders()


def main():
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, data in cases():
        (FOLDER / f'{name}.onnx').write_bytes(data)


if __name__ == '__main__':
    main()
