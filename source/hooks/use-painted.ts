import {useEffect} from 'react';

/** Calls back when the view has been rendered for the first time, and again whenever it is `due`. */
export const usePainted = (painted: () => void, due: boolean): void => {
	useEffect(() => {
		if (due) painted();
	}, [painted, due]);
};
